-- Trims a lane by the clock: what an append does after it has added, for when nothing
-- can be added because Redis is full.
local now = tonumber(redis.call('TIME')[1]) * 1000
trim(math.min(now, clock) - retention, '=')
return last
