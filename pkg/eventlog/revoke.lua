-- Takes back what a client has been issued so far.
-- KEYS: revoked. ARGV: client, how long a revocation matters in ms, how many there may be.
local now = redis.call('TIME')
local at = now[1] * 1000 + math.floor(now[2] / 1000)
local life, most = tonumber(ARGV[2]), tonumber(ARGV[3])

local count = 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if tonumber(all[i + 1]) < at - life then
    redis.call('HDEL', KEYS[1], all[i])
  elseif all[i] ~= ARGV[1] then
    count = count + 1
  end
end
if count >= most then
  return redis.error_reply('FULL ' .. count)
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', at))
redis.call('PEXPIRE', KEYS[1], life)
return at
