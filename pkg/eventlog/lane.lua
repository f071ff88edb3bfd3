-- What the scripts of a lane have in common.
-- KEYS: entries, state, sizes. ARGV: an entry that the lane was known to have
-- (0-0: none) with a space before and after it, the caller's clock in ms, retention in ms and the lane's budget in bytes,
-- the field of the state that has the mark of the shard that is appended ('' if none is).
local entries, state, sizes = KEYS[1], KEYS[2], KEYS[3]
local known, clock, mark = string.sub(ARGV[1], 2, -2), tonumber(ARGV[2]), ARGV[4]
local retention, budget = string.match(ARGV[3], '^(%d+) (%d+)$')
retention, budget = tonumber(retention), tonumber(budget)

local DAY = 24 * 3600 * 1000
-- Lanes that get nothing more expire as a whole. A day more than the retention, lest a
-- clock that jumps by hours takes them: the budget bounds what they cost meanwhile.
local ENTRIES_EXPIRE = retention + DAY
-- What was appended is remembered for longer than Kinesis can bring it again (365 days).
local STATE_EXPIRE = 400 * DAY

-- What is counted of a lane is what was appended in all: the bytes up to now (bytes),
-- before what is held (base), and up to where an append is not an ordinary one any more
-- (limit), with the room left until then.
local had = redis.call('HMGET', state, 'ids', 'limit', 'room', 'base', 'tidied', mark)
local ids, tidied, marked = had[1] or ' 0-0 ', had[5], had[6] or ''
local last, bytes, base = string.match(ids, '%S+'), (had[2] or 0) - (had[3] or 0), tonumber(had[4] or 0)

local function whole(number)
  return string.format('%d', number) -- exact to 2^53, as the number is
end

-- Decimals of up to 56 digits, as sequence numbers are, are too large for Lua's numbers.
local function less(a, b)
  return #a < #b or (#a == #b and a < b)
end

local function time(id)
  return string.match(id, '^%d+')
end

local function before(a, b)
  if #a == #b and string.byte(a, 14) == DASH and string.byte(b, 14) == DASH then
    return a < b -- the times have 13 digits each, as they have until 2286
  end
  local ta, tb = time(a), time(b)
  return less(ta, tb) or (ta == tb and less(string.sub(a, #ta + 2), string.sub(b, #tb + 2)))
end

-- Tells whether the lane has lost an entry that it had. One up to the last torn entry
-- is told of already; one that was trimmed, or expired, is not lost.
local function lost(known)
  if string.find(ids, ARGV[1], 1, true) then
    return false
  end
  if not before(redis.call('HGET', state, 'torn') or '0-0', known) then
    return false
  end
  if before(last, known) then
    return true
  end
  if #redis.call('XRANGE', entries, known, known) > 0 then
    return false
  end
  local oldest = redis.call('XRANGE', entries, '-', '+', 'COUNT', 1)[1]
  return oldest and before(oldest[1], known)
end

-- A lane is tidied now and then, by the callers' clocks: nothing is trimmed by age that
-- is not too old by them as well. A lane that held nothing has keys that do not expire yet.
local checkpoint = redis.call('LINDEX', sizes, -1)
local tidy = not checkpoint or not tidied or math.abs(clock - tidied) >= TIDY

-- Another server than the one that appended last has restarted or taken over since, and
-- may lack what that one acknowledged. Only that one knew, so it is told as a loss: with
-- what is appended next, or within TIDY, as asking who the server is costs a tenth of an
-- append. A Redis that does not tell leaves it to those who know what they had.
local server, moved
if tidy then
  local info, appended = redis.pcall('INFO', 'server'), redis.call('HGET', state, 'server')
  server = type(info) == 'string' and string.match(info, 'run_id:(%x+)')
  moved = server and appended and appended ~= '' and appended ~= server and last
end

local tear = lost(known) and known or moved -- what the next entry tells to be missing
local torn                                  -- that entry
local floor = last                          -- what its id must be after
if before(last, known) and tear then
  floor = known
end

-- A checkpoint is 'bytes id': how much was appended before it, and the first id that an
-- entry after it, or events that wait to be committed, may have.
local function appendedBefore(checkpoint)
  return tonumber(string.match(checkpoint, '^%d+'))
end

checkpoint = checkpoint and appendedBefore(checkpoint)

-- Notes an entry that was added, for finish to write down.
local function added(id, size)
  local sum = bytes + size + math.floor(size / 8) + ENTRY_OVERHEAD
  if not checkpoint or sum - checkpoint > budget / STEPS then
    local ms, seq = string.match(last, '^(%d+)-(%d+)$')
    redis.call('RPUSH', sizes, whole(bytes) .. ' ' .. ms .. '-' .. whole(seq + 1))
    base = checkpoint and base or bytes
    checkpoint = bytes
  end
  bytes = sum
  if tear then
    torn, tear = id, nil
  end
  ids, last, floor = ' ' .. id .. string.sub(ids, 1, RECENT), id, id
end

-- Adds an entry; without data it only tells what is missing.
local function add(data)
  local fields = tear and {'p', last, 'r', tear} or {'p', last}
  if data then
    fields[#fields + 1], fields[#fields + 2] = 'e', data
  end
  local id = redis.call('XADD', entries, '*', unpack(fields))
  if not before(floor, id) then
    -- The clock went back, and Redis has forgotten the ids that it gave: the entries
    -- had expired, or are lost. A position must never name two entries.
    redis.call('XDEL', entries, id)
    id = redis.call('XADD', entries, whole(tonumber(time(floor)) + 1) .. '-0', unpack(fields))
  end
  added(id, data and #data or 0)
end

-- Trims what was appended before oldest, and what the budget has no room for; the
-- newest entry stays. Each checkpoint is looked at once, so it costs little.
local function trim(oldest, how)
  local cut
  while true do
    local pair = redis.call('LRANGE', sizes, 0, 1)
    base = pair[1] and appendedBefore(pair[1]) or bytes
    if not pair[2] then
      break
    end
    local second = string.match(pair[2], ' (.+)')
    if bytes - base > budget then
      cut = second
    elseif tonumber(time(second)) >= oldest then
      break
    end
    redis.call('LPOP', sizes)
  end
  if cut then
    redis.call('XTRIM', entries, 'MINID', '=', cut)
  end
  redis.call('XTRIM', entries, 'MINID', how, whole(math.max(oldest, 0)))
end

-- Writes down what add has done, and further fields of the state; trims if it is time.
-- A clock that jumps ahead, Redis's or the caller's, trims nothing too early; while Redis's is ahead, the budget trims alone.
local function finish(set)
  if tidy or bytes - base > budget then
    trim(math.min(tonumber(time(last)), clock) - retention, '~')
  end
  if torn then
    redis.call('HSET', state, 'torn', torn)
  end
  local limit = math.min((checkpoint or bytes) + math.floor(budget / STEPS), base + budget)
  redis.call('HSET', state, 'ids', ids, 'limit', whole(limit), 'room', whole(limit - bytes), 'base', whole(base), unpack(set or {}))
  if tidy then
    redis.call('HSET', state, 'tidied', whole(clock), 'server', server or '')
    redis.call('PEXPIRE', entries, whole(ENTRIES_EXPIRE))
    redis.call('PEXPIRE', sizes, whole(ENTRIES_EXPIRE))
    redis.call('PEXPIRE', state, whole(STATE_EXPIRE))
  end
end

-- Calls a command with any number of arguments, in pieces: Lua takes so many at a time.
-- Answers what the calls answer, one after the other.
local PIECE = 1000

local function each(call, command, key, arguments)
  local answers = {}
  for i = 1, #arguments, PIECE do
    local answer = call(command, key, unpack(arguments, i, math.min(i + PIECE - 1, #arguments)))
    for _, value in ipairs(type(answer) == 'table' and answer or {}) do
      answers[#answers + 1] = value
    end
  end
  return answers
end

-- Whether no mark was found in this generation: it may be new, and not expire yet.
local unmarked

-- Answers the marks of fields, by field. One that is found in the last generation is
-- needed: it stays for another, if there is memory.
local function lookup(marks, old, fields)
  local found, missing, kept = {}, {}, {}
  for i, value in ipairs(each(redis.call, 'HMGET', marks, fields)) do
    if value then
      found[fields[i]] = value
    else
      missing[#missing + 1] = fields[i]
    end
  end
  unmarked = #missing == #fields
  for i, value in ipairs(old and each(redis.call, 'HMGET', old, missing) or {}) do
    if value then
      found[missing[i]] = value
      kept[#kept + 1] = missing[i]
      kept[#kept + 1] = value
    end
  end
  each(redis.pcall, 'HSET', marks, kept)
  if unmarked and #kept > 0 then
    redis.call('PEXPIRE', marks, whole(STATE_EXPIRE))
  end
  return found
end

-- Marks by key are in two hashes, of this and the last generation: so no more are kept
-- than there are keys in twice the time that one lasts. That is the retention, but at
-- least the time in which Lambda comes back. Both clocks must say that it is over.
local MARKS_LAST = math.max(retention, 15 * 60 * 1000)

local function turn(marks, old)
  if tidy then
    local now = tonumber(redis.call('TIME')[1]) * 1000
    local latest = math.max(now, clock)
    local turned = tonumber(redis.call('HGET', state, 'turned') or math.huge)
    if turned > latest then
      redis.call('HSET', state, 'turned', whole(latest))
    elseif math.min(now, clock) - turned >= MARKS_LAST then
      redis.call('RENAME', marks, old)
      redis.call('HSET', state, 'turned', whole(latest))
    end
  end
  if tidy or unmarked then
    redis.call('PEXPIRE', marks, whole(STATE_EXPIRE))
  end
end
