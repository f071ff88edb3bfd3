-- Appends the events of one shard to one lane, unless they are there already.
-- KEYS: entries, state, notice. ARGV: epoch, shard, first and last sequence
-- number, retention_ms, command to publish with, then the entries to add.
-- Answers {'OK', last id} | {'SKIPPED'} | {'OVERLAP', mark} | {'STALE', epoch}.

-- Sequence numbers are decimals of up to 56 digits: too large for Lua's numbers.
local function less(a, b)
  return #a < #b or (#a == #b and a < b)
end

local epoch = redis.call('HGET', KEYS[2], 'epoch')
if epoch and epoch > ARGV[1] then
  return {'STALE', epoch}
end
if epoch ~= ARGV[1] then
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[2], 'epoch', ARGV[1])
end

local mark = redis.call('HGET', KEYS[2], 's:' .. ARGV[2])
if mark and not less(mark, ARGV[4]) then
  return {'SKIPPED'}
end
if mark and not less(mark, ARGV[3]) then
  return {'OVERLAP', mark}
end

local last = redis.call('HGET', KEYS[2], 'last') or '0-0'
for i = 7, #ARGV do
  last = redis.call('XADD', KEYS[1], '*', 'p', last, 'e', ARGV[i])
end
redis.call('HSET', KEYS[2], 'last', last, 's:' .. ARGV[2], ARGV[4])

-- The clock is that of the entry just added, so a clock that jumps back trims
-- nothing too early.
local oldest = tonumber(string.match(last, '^%d+')) - tonumber(ARGV[5])
redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', math.max(oldest, 0)))
redis.call(ARGV[6], KEYS[3], last)
return {'OK', last}
