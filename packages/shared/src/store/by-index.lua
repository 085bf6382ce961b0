#!lua flags=no-writes
--[==[
Purpose: reads the objects under a value of an index, in key order, at one moment.

KEYS[1]  the index's sorted set for that value
KEYS[2]  the resource's objects
Result   {JSON...}
]==]
local CHUNK = 4000
local members, values = redis.call('ZRANGE', KEYS[1], 0, -1), {}
for first = 1, #members, CHUNK do
  local chunk = redis.call('HMGET', KEYS[2], unpack(members, first, math.min(first + CHUNK - 1, #members)))
  for _, json in ipairs(chunk) do values[#values + 1] = json end
end
return values
