-- What an append mostly is: one entry, of a shard that has one mark, to a lane that is as
-- it was left, and needs no tidying. Done without the functions below, as making them is
-- half of what a script costs. Whatever is not ordinary is left to them. KEYS and ARGV
-- are those of the script that appends.
local function ordinary()
  if #KEYS > 4 or ARGV[7] ~= '1' then
    return
  end
  local uncommitted = ARGV[11] ~= '0'
  if #ARGV ~= (uncommitted and 11 or 12) then
    return
  end
  local newest = 'i:' .. ARGV[6]
  local had = redis.call('HMGET', KEYS[2], 'last', 'tally', ARGV[8], newest)
  local last, marked = had[1], had[3]
  local before, base, tidied, checkpoint = string.match(had[2] or '', TALLY)
  if not tidied or math.abs(ARGV[2] - tidied) >= TIDY or redis.call('EXISTS', KEYS[4]) == 0 then
    return
  end
  local known = ARGV[1]
  if known ~= last and known ~= had[4] and (known > last or #redis.call('XRANGE', KEYS[1], known, known) == 0) then
    return -- it may be lost
  end
  if marked and (#marked > #ARGV[9] or #marked == #ARGV[9] and marked >= ARGV[9]) then
    return -- not all of it is new
  end
  local size = uncommitted and ARGV[11] or #ARGV[12]
  local bytes = before + size + math.floor(size / 8) + ENTRY_OVERHEAD
  if bytes - checkpoint > ARGV[4] / STEPS or bytes - base > tonumber(ARGV[4]) then
    return
  end

  local id
  if uncommitted then
    id = redis.call('XADD', KEYS[1], '*', 'p', last, 'd', '')
  else
    id = redis.call('XADD', KEYS[1], '*', 'p', last, 'e', ARGV[12])
  end
  -- Ids of one length and with times of 13 digits are in the order of text.
  if #id ~= #last or id <= last or string.byte(id, 14) ~= DASH or string.byte(last, 14) ~= DASH then
    redis.call('XDEL', KEYS[1], id)
    return
  end
  redis.call('HSET', KEYS[2], 'last', id, 'tally', tally(bytes, base, tidied, checkpoint), newest, id, ARGV[8], ARGV[10])
  redis.call(ARGV[5], KEYS[3], id)
  return {'OK', id}
end

local done = ordinary()
if done then
  return done
end
