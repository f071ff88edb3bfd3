-- What the scripts of a lane know of its entries.

-- Memory that an entry takes beside its data: this, and an eighth for what the
-- allocator rounds up.
local ENTRY_OVERHEAD = 64
-- Trimming by size is as fine as this part of the budget: an append that ends one is no
-- ordinary one.
local STEPS = 64
-- How often a lane that grows is trimmed by age, and its keys are kept from expiring.
local TIDY = 1000
local DASH = 45 -- string.byte('-')

-- The last entries of a lane are kept in so many bytes of its state: the last one, and
-- some seven before it. They are the newest first, each with a space before and after it, so
-- that one can be found without a pattern. Most of those who append had one of them last,
-- and that the lane has it need not be looked for.
local RECENT = 120
