-- What an append mostly is: one entry, of a shard that has one mark, to a lane that is as
-- it was left, and needs no tidying. Done without the functions below, as making them is
-- half of what a script costs, and without a pattern, which costs as much as calling a
-- command. Whatever is not ordinary is left to them. KEYS and ARGV are those of the script
-- that appends.
local function ordinary()
  local uncommitted = ARGV[7] ~= '0'
  if #KEYS > 3 or #ARGV ~= (uncommitted and 7 or 8) then
    return
  end
  local had = redis.call('HMGET', KEYS[2], 'ids', 'room', 'tidied', ARGV[4])
  local ids, tidied, marked = had[1], had[3], had[4]
  if not tidied or math.abs(ARGV[2] - tidied) >= TIDY then
    return
  end
  if not string.find(ids, ARGV[1], 1, true) then
    return -- it may be lost
  end
  if marked and (#marked > #ARGV[5] or #marked == #ARGV[5] and marked >= ARGV[5]) then
    return -- not all of it is new
  end
  local size = uncommitted and ARGV[7] or #ARGV[8]
  local room = had[2] - size - math.floor(size / 8) - ENTRY_OVERHEAD
  if room < 0 then
    return
  end

  local id
  local last = string.sub(ids, 2, string.find(ids, ' ', 2, true) - 1)
  if uncommitted then
    id = redis.call('XADD', KEYS[1], '*', 'c', last)
  else
    id = redis.call('XADD', KEYS[1], '*', 'p', last, 'e', ARGV[8])
  end
  -- Ids of one length and with times of 13 digits are in the order of text.
  if #id ~= #last or id <= last or string.byte(id, 14) ~= DASH or string.byte(last, 14) ~= DASH then
    redis.call('XDEL', KEYS[1], id)
    return
  end
  redis.call('HSET', KEYS[2], 'ids', ' ' .. id .. string.sub(ids, 1, RECENT), 'room', room, ARGV[4], ARGV[6])
  return id
end

local done = ordinary()
if done then
  return done
end
