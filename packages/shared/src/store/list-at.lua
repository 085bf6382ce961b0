#!lua flags=no-writes
--[==[
Purpose: reads a later page of a list as it was at the first page's revision: what is there now, with what writes have replaced since put back.

KEYS[1]  the revision counter
ARGV     prefix, resource, min and max of members (ZRANGEBYLEX), limit (> 0), revision
Result   {revision, remaining (by today's count), last member, {JSON...}}, or {-1} when that revision can no longer be shown
]==]
local prefix, resource, min, max, limit, at = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local order, hash = prefix .. 'order:' .. resource, prefix .. 'objects:' .. resource
local CHUNK = 4000
local undo_order, undo_values = prefix .. 'undo-order:' .. resource, prefix .. 'undo-values:' .. resource

if tonumber(redis.call('GET', KEYS[1]) or '0') < at then return { -1 } end
local changed = tonumber(string.match(redis.call('GET', prefix .. 'last:' .. resource) or '0', '^%d+')) > at
local since = tonumber(redis.call('GET', prefix .. 'snapshot:' .. resource) or nil)
if changed and (not since or since > at) then return { -1 } end

-- Members of (from, to] that were changed after `at`, each with the JSON it had then ('' for none): of its records the first after `at` tells.
local function replaced(from, to)
  local map, records = {}, {}
  if not changed then return map end
  for _, record in ipairs(redis.call('ZRANGEBYLEX', undo_order, from, to)) do
    local member, rev = string.match(record, '^(.*)%z(%d+)$')
    if tonumber(rev) > at and not map[member] then
      map[member] = record
      records[#records + 1] = member
    end
  end
  for _, member in ipairs(records) do map[member] = redis.call('HGET', undo_values, map[member]) end
  return map
end

-- By bytes, as sorted sets do: Lua's own comparison follows the server's locale.
local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- Members that are there now or were then, in order.
local function union(present, old)
  local members, seen, extra = {}, {}, false
  for _, member in ipairs(present) do
    members[#members + 1] = member
    seen[member] = true
  end
  for member in pairs(old) do
    if not seen[member] then
      members[#members + 1] = member
      extra = true
    end
  end
  if extra then table.sort(members, before) end
  return members
end

-- What is there of them now. What is no longer there was changed since, and is in `old`.
local function read(members)
  local found = {}
  for first = 1, #members, CHUNK do
    local chunk = redis.call('HMGET', hash, unpack(members, first, math.min(first + CHUNK - 1, #members)))
    for _, json in ipairs(chunk) do found[#found + 1] = json end
  end
  return found
end

local values, last, more = {}, '', false

-- True when the page is full; the first entry that no longer fits says only that there is more.
local function take(member, json)
  if #values == limit then
    more = true
    return true
  end
  values[#values + 1] = json
  last = member
  return false
end

local from, exhausted = min, false
while not more and not exhausted do
  local present = redis.call('ZRANGEBYLEX', order, from, max, 'LIMIT', 0, limit + 1)
  exhausted = #present <= limit
  local to = present[#present]
  -- A record is its member, NUL, revision: all records of `to` sort before `to` and '\1'.
  local old = replaced(from, exhausted and max or ('(' .. to .. '\1'))
  local members = next(old) and union(present, old) or present
  local found = read(members)
  for n, member in ipairs(members) do
    local json = old[member] or found[n]
    if json ~= '' and take(member, json) then break end
  end
  if not exhausted then from = '(' .. to .. '\1' end
end

if not more then return { ARGV[6], 0, '', values } end
return { ARGV[6], redis.call('ZLEXCOUNT', order, '(' .. last, max), last, values }
