-- Answers the epoch of a log, made from the arguments if there is none. It writes only
-- then, and if who governs wants another retention or budget, so that a log can be read
-- while Redis refuses writes. If it refuses this one, the wish holds for the caller
-- alone: a smaller budget may be what makes room.
-- KEYS: log. ARGV: epoch, lanes, retention_ms, budget of a new log; 1 if the caller
-- governs. Answers epoch, lanes, retention_ms, budget, 'stored' or 'wanted'.
local log = redis.call('HMGET', KEYS[1], 'epoch', 'lanes', 'retention_ms', 'budget')
if not log[1] then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'lanes', ARGV[2], 'retention_ms', ARGV[3], 'budget', ARGV[4])
  return {ARGV[1], ARGV[2], ARGV[3], ARGV[4], 'stored'}
end
if ARGV[5] == '1' and (log[3] ~= ARGV[3] or log[4] ~= ARGV[4]) then
  local done = redis.pcall('HSET', KEYS[1], 'retention_ms', ARGV[3], 'budget', ARGV[4])
  local refused = type(done) == 'table' and done.err
  return {log[1], log[2], ARGV[3], ARGV[4], refused and 'wanted' or 'stored'}
end
return {log[1], log[2], log[3], log[4] or ARGV[4], 'stored'}
