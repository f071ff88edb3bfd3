-- Appends events of one shard to one lane, unless they are there already.
-- KEYS further: where the marks by key are, and those of the last generation; without
-- them the shard's mark, in the state, is the only one. ARGV further: first and last
-- sequence number; how many bytes of events there are uncommitted (0: none), which come
-- first; with marks by key the number of them, and of each the field, first and last
-- sequence number; then the entries to add.
-- Answers last id | {'SKIPPED', last id} | {'OVERLAP', last id, mark, ...}.
local marks, old = KEYS[4], KEYS[5]
local uncommittedBytes = tonumber(ARGV[7])

-- Events that were added right before this script, in one transaction with it: a script
-- that is given them as an argument has all of their bytes hashed, which is most of what
-- such an append costs Redis. They are nothing to readers without what commit adds.
local function uncommitted()
  local entry = redis.call('XREVRANGE', entries, '+', '-', 'COUNT', 1)[1]
  return entry[1], entry[2][2]
end

local function drop()
  redis.call('XDEL', entries, (uncommitted()))
end

-- Makes size bytes of events that are there uncommitted an entry: what commits them is
-- right after them in the stream. If its id is not good, they are added anew.
local function commit(size)
  local id
  if tear then
    id = redis.call('XADD', entries, '*', 'c', last, 'r', tear)
  else
    id = redis.call('XADD', entries, '*', 'c', last)
  end
  if not before(floor, id) then
    redis.call('XDEL', entries, id)
    local ahead, data = uncommitted()
    redis.call('XDEL', entries, ahead)
    return add(data)
  end
  added(id, size)
end

local fields, firsts, lasts, rest = {mark}, {ARGV[5]}, {ARGV[6]}, 8
if marks then
  fields, firsts, lasts, rest = {}, {}, {}, 9 + 3 * tonumber(ARGV[8])
  for i = 9, rest - 1, 3 do
    local n = #fields + 1
    fields[n], firsts[n], lasts[n] = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  end
end

-- Of a shard whose batches once came in order, nothing up to its mark is new.
local found = marks and lookup(marks, old, fields) or {}
local answer, set, none, all = {'', ''}, {}, true, true
for i, field in ipairs(fields) do
  local at = found[field] or ''
  if less(at, marked) then
    at = marked
  end
  answer[#answer + 1] = at
  set[2 * i - 1], set[2 * i] = field, lasts[i]
  none = none and less(at, firsts[i])
  all = all and not less(at, lasts[i])
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
for i = rest, #ARGV do
  add(ARGV[i])
end
if marks then
  each(redis.call, 'HSET', marks, set)
  turn(marks, old)
  set = nil
end
finish(set)
return last
