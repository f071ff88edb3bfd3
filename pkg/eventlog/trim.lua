-- Trims lanes by the clock of Redis: what an append does after it has added, for
-- when nothing can be added because Redis is full.
-- KEYS: entries. ARGV: retention_ms.
local now = redis.call('TIME')
local oldest = tonumber(now[1]) * 1000 - tonumber(ARGV[1])
return redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', math.max(oldest, 0)))
