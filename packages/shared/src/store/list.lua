--[==[
Without a shebang: it writes only when told to (retention), and a user who may only read calls it by EVAL_RO.

Purpose: reads the first page of a list, or a whole list, at the revision of this moment. When more is left and `retention` is given, from now on
(and for that long) what writes to this resource replace is kept, so that list-at.lua can show later pages at this page's revision.

KEYS[1]  the revision counter
ARGV     prefix, resource, min and max of members (ZRANGEBYLEX), limit (0: all), retention in ms ('': keep nothing)
Result   {revision, remaining, last member, {JSON...}}; last member is '' on the last page
]==]
local prefix, resource, min, max, limit, retention = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local CHUNK = 4000

local revision = redis.call('GET', KEYS[1]) or '0'
local order = prefix .. 'order:' .. resource
local members
if limit > 0 then
  members = redis.call('ZRANGEBYLEX', order, min, max, 'LIMIT', 0, limit + 1)
else
  members = redis.call('ZRANGEBYLEX', order, min, max)
end

local more = limit > 0 and #members > limit
if more then members[#members] = nil end

local function keep_replaced()
  local snapshot = prefix .. 'snapshot:' .. resource
  local undo = { prefix .. 'undo-order:' .. resource, prefix .. 'undo-values:' .. resource, prefix .. 'undo-age:' .. resource }
  if redis.call('SET', snapshot, revision, 'NX') then redis.call('DEL', unpack(undo)) end
  local last = redis.call('GET', prefix .. 'last:' .. resource)
  if string.byte(last, -1) ~= 112 then redis.call('APPEND', prefix .. 'last:' .. resource, ' p') end
  redis.call('PEXPIRE', snapshot, retention)
  for _, key in ipairs(undo) do redis.call('PEXPIRE', key, retention) end
end

local values = {}
for first = 1, #members, CHUNK do
  local chunk = redis.call('HMGET', prefix .. 'objects:' .. resource, unpack(members, first, math.min(first + CHUNK - 1, #members)))
  for _, json in ipairs(chunk) do values[#values + 1] = json end
end
if not more then return { revision, 0, '', values } end
if retention ~= '' then keep_replaced() end
local last = members[#members]
return { revision, redis.call('ZLEXCOUNT', order, '(' .. last, max), last, values }
