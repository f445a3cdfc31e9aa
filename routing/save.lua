-- Writes what an agent does, if the writer's token is the latest; ends a reservation that is over.
-- KEYS: agent, call. ARGV: token, 'holds' while the agent is on the call, then field and value pairs.
-- Returns 1, or 0 when fenced off.
local latest = redis.call('HGET', KEYS[1], 'token')
if latest and latest ~= ARGV[1] then
  return 0
end
local promised = redis.call('HGET', KEYS[2], 'token')
if ARGV[2] == 'holds' then
  if promised and promised ~= ARGV[1] then
    return 0
  end
elseif promised == ARGV[1] then
  redis.call('HDEL', KEYS[2], 'token', 'reserved_until')
end
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
return 1
