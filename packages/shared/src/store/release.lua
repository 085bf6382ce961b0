#!lua
--[==[
Purpose: gives a lock back, if it is held by this id.

KEYS[1]  the lock
ARGV     id
Result   1 given back, 0 held by another or by nobody
]==]
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
