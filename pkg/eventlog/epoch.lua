-- Answers the epoch of a log, made from the arguments if there is none.
-- KEYS: log. ARGV: epoch, lanes, retention_ms of a new log.
if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], 'lanes', ARGV[2], 'retention_ms', ARGV[3])
end
return redis.call('HMGET', KEYS[1], 'epoch', 'lanes', 'retention_ms')
