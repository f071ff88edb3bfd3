-- Answers what a log says of itself, made from the arguments if there is none. It writes
-- only then, and if who governs wants another retention or budget, or who is parallel finds
-- that it is not yet known, so that a log can be read while Redis refuses writes. If it
-- refuses this one, the wish holds for the caller alone: a smaller budget may be what
-- makes room.
-- KEYS: the log's epoch. ARGV: epoch, lanes, retention_ms, budget of a new log; 1 if the
-- caller governs; 1 if it is parallel, else 0. Answers epoch, lanes, retention_ms, budget
-- and parallel in one text, with 'stored' or 'wanted'.
local function text(...)
  return table.concat({...}, ' ')
end

local had = redis.call('GET', KEYS[1])
if not had then
  had = text(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[6])
  redis.call('SET', KEYS[1], had)
  return {had, 'stored'}
end
local epoch, lanes, retention, budget, parallel = string.match(had, '^(%S+) (%S+) (%S+) (%S+) (%S+)$')
if not epoch then
  return {had, 'stored'} -- which the caller cannot read either
end
if ARGV[5] == '1' then
  retention, budget = ARGV[3], ARGV[4]
end
if ARGV[6] == '1' then -- nothing ever says that it is not
  parallel = '1'
end
local want = text(epoch, lanes, retention, budget, parallel)
if want ~= had then
  local done = redis.pcall('SET', KEYS[1], want)
  if type(done) == 'table' and done.err then
    return {want, 'wanted'}
  end
end
return {want, 'stored'}
