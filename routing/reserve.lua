-- Promises an agent to a waiting call, or changes nothing.
-- KEYS: agent, call, token counter. ARGV: offer, now, until, then field and value pairs of the agent.
-- Returns the token, or false.
local state, offer, token = unpack(redis.call('HMGET', KEYS[1], 'state', 'offer', 'token'))
if state == 'reserved' and offer == ARGV[1] then
  return token -- the same request again, its first answer lost on the way
end
if state ~= 'ready' or redis.call('EXISTS', KEYS[2]) == 0 then
  return false
end
local promised = redis.call('HGET', KEYS[2], 'reserved_until')
if promised and tonumber(promised) > tonumber(ARGV[2]) then
  return false
end
token = redis.call('INCR', KEYS[3])
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
redis.call('HSET', KEYS[1], 'token', token)
redis.call('HSET', KEYS[2], 'token', token, 'reserved_until', ARGV[3])
return token
