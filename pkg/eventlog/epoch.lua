-- Answers the epoch of a log, made from the arguments if there is none. It writes only
-- then, and if who governs wants another retention or budget, or who is parallel finds
-- that it is not yet known, so that a log can be read while Redis refuses writes. If it
-- refuses this one, the wish holds for the caller alone: a smaller budget may be what
-- makes room.
-- KEYS: log. ARGV: epoch, lanes, retention_ms, budget of a new log; 1 if the caller
-- governs; 1 if it is parallel. Answers epoch, lanes, retention_ms, budget, parallel (1 or
-- 0), 'stored' or 'wanted'.
local log = redis.call('HMGET', KEYS[1], 'epoch', 'lanes', 'retention_ms', 'budget', 'parallel')
if not log[1] then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'lanes', ARGV[2], 'retention_ms', ARGV[3], 'budget', ARGV[4], 'parallel', ARGV[6])
  return {ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[6], 'stored'}
end
local answer, set = {log[1], log[2], log[3], log[4] or ARGV[4], log[5] or '0', 'stored'}, {}
local function want(at, field, value)
  if log[at] ~= value then
    answer[at], set[#set + 1], set[#set + 2] = value, field, value
  end
end
if ARGV[5] == '1' then
  want(3, 'retention_ms', ARGV[3])
  want(4, 'budget', ARGV[4])
end
if ARGV[6] == '1' then -- nothing ever says that it is not
  want(5, 'parallel', '1')
end
if #set > 0 then
  local done = redis.pcall('HSET', KEYS[1], unpack(set))
  if type(done) == 'table' and done.err then
    answer[6] = 'wanted'
  end
end
return answer
