-- Appends events of one shard to one lane, unless they are there already.
-- KEYS further: where the marks by key are, and those of the last generation; without
-- them the shard's mark, in the state, is the only one. ARGV further: the field of the
-- shard's mark, the number of marks, of each field, first and last sequence number;
-- then the entries to add.
-- Answers {'OK', last id} | {'SKIPPED', last id} | {'OVERLAP', last id, mark, ...}.
local marks, old = KEYS[5] or state, KEYS[6]
local first, stop = 8, 8 + 3 * tonumber(ARGV[7])

-- Of a shard whose batches once came in order, nothing up to its mark is new.
local least = old and redis.call('HGET', state, ARGV[6]) or ''

local function mark(field)
  local found = redis.call('HGET', marks, field)
  if not found and old then
    found = redis.call('HGET', old, field)
    if found then -- it is needed: it stays for another generation, if there is memory
      redis.pcall('HSET', marks, field, found)
    end
  end
  found = found or ''
  return less(found, least) and least or found
end

local answer, new, had = {'SKIPPED', last}, true, true
for i = first, stop - 1, 3 do
  local found = mark(ARGV[i])
  answer[#answer + 1] = found
  new = new and less(found, ARGV[i + 1])
  had = had and not less(found, ARGV[i + 2])
end
if not new then
  if tear then
    add()
    finish()
  end
  answer[1], answer[2] = had and 'SKIPPED' or 'OVERLAP', last
  return answer
end

for i = stop, #ARGV do
  add(ARGV[i])
end
for i = first, stop - 1, 3 do
  redis.call('HSET', marks, ARGV[i], ARGV[i + 2])
end
if old then
  turn(marks, old)
end
finish()
return {'OK', last}
