-- Appends the events of one shard to one lane, unless they are there already.
-- KEYS: entries, state, notice. ARGV: shard, first and last sequence number,
-- retention_ms, command to publish with, then the entries to add.
-- Answers {'OK', last id} | {'SKIPPED'} | {'OVERLAP', mark}.

-- Sequence numbers are decimals of up to 56 digits: too large for Lua's numbers.
local function less(a, b)
  return #a < #b or (#a == #b and a < b)
end

local mark = redis.call('HGET', KEYS[2], 's:' .. ARGV[1])
if mark and not less(mark, ARGV[3]) then
  return {'SKIPPED'}
end
if mark and not less(mark, ARGV[2]) then
  return {'OVERLAP', mark}
end

local last = redis.call('HGET', KEYS[2], 'last') or '0-0'
for i = 6, #ARGV do
  last = redis.call('XADD', KEYS[1], '*', 'p', last, 'e', ARGV[i])
end
redis.call('HSET', KEYS[2], 'last', last, 's:' .. ARGV[1], ARGV[3])

-- The clock is that of the entry just added, so one that jumps back trims nothing
-- too early. A lane that gets nothing more expires as a whole.
local retention = tonumber(ARGV[4])
local oldest = tonumber(string.match(last, '^%d+')) - retention
redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', math.max(oldest, 0)))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', retention))
redis.call(ARGV[5], KEYS[3], last)
return {'OK', last}
