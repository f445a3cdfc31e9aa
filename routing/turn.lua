-- All that one turn of an engine changes, and the reservation it wants, in one go.
--
-- KEYS: the engine's last turn, the token counter, the set of waiting calls, the server; then of each
--   call its hash; of each agent his hash, that of his call, and that of the call whose offer to him
--   is over; of the reservation the agent and the call.
-- ARGV: number of this turn, last number acknowledged, now, grace; count of calls, of each: id, data
--   ('': it waits no more); count of agents, of each: name, token, state, offer, promised until, data;
--   then '1' and of the reservation: name, offer, promised until ('': his phone rings beside that of
--   another, and nothing is promised to him), data; or ''.
-- Returns 'lost' or 'old' with nothing written, or token (false: none), until when nobody is reserved
--   (false: he may be), and then name, token, data of each agent whom another engine has changed.
local key_at, arg_at = 4, 4
local function key()
  key_at = key_at + 1
  return KEYS[key_at]
end
local function arg()
  arg_at = arg_at + 1
  return ARGV[arg_at]
end

-- Another server, or an empty one: the engines have some time to write what it may have lost.
local now, info = tonumber(ARGV[3]), redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
local known, closed = unpack(redis.call('HMGET', KEYS[4], 'run', 'closed_until'))
if known ~= run then
  closed = string.format('%.17g', now + tonumber(ARGV[4]))
  redis.call('HSET', KEYS[4], 'run', run, 'closed_until', closed)
end

local number, last = tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or '0')
if last < tonumber(ARGV[2]) then
  return 'lost' -- this engine was told that more had been written
end
if last > number then
  return 'old' -- held up on the way, while the engine asked again and went on
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', 86400)

for _ = 1, tonumber(arg()) do
  local call, id, data = key(), arg(), arg()
  if data == '' then
    redis.call('DEL', call)
    redis.call('SREM', KEYS[3], id)
  else
    redis.call('HSET', call, 'data', data)
    redis.call('SADD', KEYS[3], id)
  end
end

local answer, highest = { false, now < tonumber(closed) and closed }, 0
local function another(agent, name)
  local token, data = unpack(redis.call('HMGET', agent, 'token', 'data'))
  if data then
    answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = name, token, data
  end
end

for _ = 1, tonumber(arg()) do
  local agent, call, released = key(), key(), key()
  local name, token, state, offer, until_, data = arg(), arg(), arg(), arg(), arg(), arg()
  local latest = tonumber(redis.call('HGET', agent, 'token') or '0')
  local promised = redis.call('HGET', call, 'token')
  local holds = state == 'reserved' or state == 'ringing' or state == 'talking'
  -- A token below ours is what a store knows that went back in time.
  if latest > tonumber(token) or (holds and promised and promised ~= token) then
    another(agent, name)
  else
    redis.call('HSET', agent, 'state', state, 'offer', offer, 'token', token, 'data', data)
    highest = math.max(highest, tonumber(token))
    if redis.call('HGET', released, 'token') == token then
      redis.call('HDEL', released, 'token', 'promised_until')
    end
    if until_ ~= '' and not promised and redis.call('EXISTS', call) == 1 then
      redis.call('HSET', call, 'token', token, 'promised_until', until_)
    end
  end
end
if highest > tonumber(redis.call('GET', KEYS[2]) or '0') then
  redis.call('SET', KEYS[2], string.format('%.0f', highest))
end

if arg() == '1' then
  local agent, call = key(), key()
  local name, offer, until_, data = arg(), arg(), arg(), arg()
  local state, held, token = unpack(redis.call('HMGET', agent, 'state', 'offer', 'token'))
  if state == 'reserved' and held == offer then
    -- The same request again, its first answer lost on the way.
    redis.call('HSET', agent, 'data', data)
    answer[1] = token
  elseif state ~= 'ready' then
    another(agent, name)
  elseif not answer[2] and (until_ == '' or redis.call('EXISTS', call) == 1) then
    local promised = until_ ~= '' and redis.call('HGET', call, 'promised_until')
    if not promised or tonumber(promised) <= now then
      -- At least the time in microseconds: a store that lost its counter repeats no token.
      local counted = tonumber(redis.call('GET', KEYS[2]) or '0') + 1
      token = string.format('%.0f', math.max(counted, math.floor(now * 1000000)))
      redis.call('SET', KEYS[2], token)
      redis.call('HSET', agent, 'state', 'reserved', 'offer', offer, 'token', token, 'data', data)
      if until_ ~= '' then
        redis.call('HSET', call, 'token', token, 'promised_until', until_)
      end
      answer[1] = token
    end
  end
end
return answer
