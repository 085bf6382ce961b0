#!lua
--[==[
Purpose: what a list in pages needs whose first page was read elsewhere (from a watch cache) at a revision: from now on, and for `retention`, what writes
to this resource replace is kept, as list.lua has it, so that list-at.lua can show later pages at that revision.

KEYS[1]  the revision counter
ARGV     prefix, resource, the first page's revision, retention in ms
Result   1; 0 when the resource has changed since: that page cannot be continued
]==]
local prefix, resource, at, retention = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

local last = prefix .. 'last:' .. resource
local mark = redis.call('GET', last)
if not mark or tonumber(string.match(mark, '^%d+')) > at then return 0 end
if tonumber(redis.call('GET', KEYS[1]) or '0') < at then return 0 end

local snapshot = prefix .. 'snapshot:' .. resource
local undo = { prefix .. 'undo-order:' .. resource, prefix .. 'undo-values:' .. resource, prefix .. 'undo-age:' .. resource }
local since = tonumber(redis.call('GET', snapshot) or nil)
if not since then redis.call('DEL', unpack(undo)) end
-- Nothing of the resource was written between the two: what is kept since then is kept since this page too.
if not since or since > at then redis.call('SET', snapshot, ARGV[3]) end
if string.byte(mark, -1) ~= 112 then redis.call('APPEND', last, ' p') end
redis.call('PEXPIRE', snapshot, retention)
for _, key in ipairs(undo) do redis.call('PEXPIRE', key, retention) end
return 1
