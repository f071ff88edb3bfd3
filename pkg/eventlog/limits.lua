-- What the scripts of a lane have for limits.

-- Memory that an entry takes beside its data: this, and an eighth for what the
-- allocator rounds up.
local ENTRY_OVERHEAD = 64
-- Trimming by size is as fine as this part of the budget.
local STEPS = 128
-- How often a lane that grows is trimmed by age, and its keys are kept from expiring.
local TIDY = 1000
local DASH = 45 -- string.byte('-')

-- What is counted of a lane, in one field of its state: the bytes that were appended in
-- all, those of them before what is held, when the lane was last tidied, and the bytes
-- before the newest of the places that it can be trimmed at.
local TALLY = '^(%d+) (%d+) (%d+) (%d+)$'

local function tally(bytes, base, tidied, checkpoint)
  return string.format('%d %d %d %d', bytes, base, tidied, checkpoint) -- exact to 2^53
end

