-- What the scripts of a lane know of its entries.

-- Memory that an entry takes beside its data: this, and an eighth for what the
-- allocator rounds up.
local ENTRY_OVERHEAD = 64
-- Trimming by size is as fine as this part of the budget.
local STEPS = 128
-- How often a lane that grows is trimmed by age, and its keys are kept from expiring.
local TIDY = 1000
local DASH = 45 -- string.byte('-')

-- The last entries of a lane are kept in so many bytes of its state: the last one, and
-- some ten before it. Most of those who append had one of them last, and that the lane has
-- it need not be looked for.
local RECENT = 200

-- What an entry of so many bytes counts for.
local function cost(size)
  return size + math.floor(size / 8) + ENTRY_OVERHEAD
end

-- The last entries with one more. They are the newest first, each with a space before and
-- after it, so that one can be found without a pattern, which costs Lua more than all else
-- that an append mostly does.
local function latest(id, ids)
  return ' ' .. id .. string.sub(ids, 1, RECENT)
end

-- The last one of them.
local function lastOf(ids)
  return string.sub(ids, 2, string.find(ids, ' ', 2, true) - 1)
end

local function among(ids, id)
  return string.find(ids, ' ' .. id .. ' ', 1, true)
end
