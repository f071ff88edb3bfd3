-- Appends events of one shard to one lane, unless they are there already.
-- KEYS further: where the marks by key are, and those of the last generation; without
-- them the shard's mark, in the state, is the only one. ARGV further: the number of
-- marks, of each the field, first and last sequence number; how many bytes of events
-- there are uncommitted (0: none), which come first; then the entries to add.
-- Answers {'OK', last id} | {'SKIPPED', last id} | {'OVERLAP', last id, mark, ...}.
local marks, old = KEYS[5], KEYS[6]
local first, stop = 8, 8 + 3 * tonumber(ARGV[7])
local uncommittedBytes = tonumber(ARGV[stop])

local fields, set = {}, {}
for i = first, stop - 1, 3 do
  fields[#fields + 1] = ARGV[i]
  set[#set + 1] = ARGV[i]
  set[#set + 1] = ARGV[i + 2]
end

-- Of a shard whose batches once came in order, nothing up to its mark is new.
local found = marks and lookup(marks, old, fields) or {}
local answer, none, all = {'', ''}, true, true
for i = first, stop - 1, 3 do
  local at = found[ARGV[i]] or ''
  if less(at, marked) then
    at = marked
  end
  answer[#answer + 1] = at
  none = none and less(at, ARGV[i + 1])
  all = all and not less(at, ARGV[i + 2])
end
if not none then
  if uncommittedBytes > 0 then
    drop()
  end
  if tear then
    add()
    finish()
  end
  answer[1], answer[2] = all and 'SKIPPED' or 'OVERLAP', last
  return answer
end

if uncommittedBytes > 0 then
  commit(uncommittedBytes)
end
for i = stop + 1, #ARGV do
  add(ARGV[i])
end
if marks then
  each(redis.call, 'HSET', marks, set)
  turn(marks, old)
  set = nil
end
finish(set)
return {'OK', last}
