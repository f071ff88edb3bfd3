-- Appends events of one shard to one lane that the lane misses, once in a run.
-- KEYS further: the run's marks, then where the consumer's marks are, and those of the
-- last generation if they are by key. ARGV further: first and last sequence number, the
-- one since which the run leaves out nothing, the number of the consumer's marks, of each
-- the field and the last sequence number; then the entries to add.
-- Answers as the script that appends does.
local run, marks, old = KEYS[4], KEYS[5], KEYS[6]
local since, first, stop = ARGV[7], 9, 9 + 2 * tonumber(ARGV[8])
-- A run that is not brought to its end is forgotten.
local RUN_EXPIRE = 7 * DAY

local brought = redis.call('HGET', run, mark) or ''
if not less(brought, ARGV[5]) then
  if tear then
    add()
    finish()
  end
  return {less(brought, ARGV[6]) and 'OVERLAP' or 'SKIPPED', last, brought}
end

-- What the run brings is older than what is there: order begins anew.
if redis.call('EXISTS', run) == 0 then
  tear = tear or last
end
for i = stop, #ARGV do
  add(ARGV[i])
end
redis.call('HSET', run, mark, ARGV[6])
redis.call('PEXPIRE', run, whole(RUN_EXPIRE))

-- The consumer's marks are raised to what is appended, where they say that the consumer
-- has come as far as the run begins. Of one that is behind, what is before the run is yet
-- to come: it would be skipped.
local fields, raised = {}, {}
for i = first, stop - 1, 2 do
  fields[#fields + 1] = ARGV[i]
end
local found = lookup(marks, old, fields)
for i = first, stop - 1, 2 do
  local at = found[ARGV[i]] or ''
  if less(at, marked) then
    at = marked
  end
  if not less(at, since) and less(at, ARGV[i + 1]) then
    raised[#raised + 1] = ARGV[i]
    raised[#raised + 1] = ARGV[i + 1]
  end
end
each(redis.call, 'HSET', marks, raised)
if old and #raised > 0 then
  turn(marks, old)
end
finish()
return last
