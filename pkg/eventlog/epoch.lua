-- Answers the epoch of a log, made from the arguments if there is none. It writes
-- only then, so that a log can be read while Redis refuses writes.
-- KEYS: log. ARGV: epoch, lanes, retention_ms of a new log.
local epoch = redis.call('HMGET', KEYS[1], 'epoch', 'lanes', 'retention_ms')
if epoch[1] then
  return epoch
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'lanes', ARGV[2], 'retention_ms', ARGV[3])
return {ARGV[1], ARGV[2], ARGV[3]}
