#!lua
--[==[
Purpose: takes a lock that is free, or keeps one that is held by the same id.

KEYS[1]  the lock
ARGV     id, time to live in ms
Result   1 held, 0 held by another
]==]
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
