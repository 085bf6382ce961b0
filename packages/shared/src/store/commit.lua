#!lua
--[==[
Purpose: commits operations on objects. Checks every precondition against the state that the operations before leave behind, then takes a
revision per accepted operation and writes object, order, indexes, ledger and outbox. Nothing is written before all checks are done, and no
call after the first write can fail, so that a script that has begun to write finishes.

KEYS[1]  the revision counter; all other keys are its prefix plus a name (keys.ts), in the same slot.
ARGV[1]  the prefix.
ARGV[2]  how many undo records a resource may keep for lists in pages.
ARGV[3]  names this commit in the outbox, [A-Za-z0-9-]; two histories never hold the same one.
then 10 arguments per operation:
  group      operations in a row with the same group other than '' stand or fall together
  verb       'c' create, 'u' update, 'd' delete
  resource   'pods', 'deployments.apps'
  member     '<namespace>/<name>'
  uid        create and update: uid of the object; delete: the uid it must have, or ''
  lock       the revision the object must be at, or ''; update may add ' <uid>' that it must have
  head       the object's JSON up to where its resourceVersion goes
  tail       the rest of it
  footprint  '' or JSON [[[index, value]...], [[account, [[amount, n]...]]...], [[account, [[amount, limit]...]]...]]
  enforce    '' or JSON [[account, [[amount, n]...]]...]: charges to refuse when the account has not that much left

Result: one array per operation, the first element a code (results.ts):
  {0, revision}        accepted; a delete adds the last JSON, at that revision
  {1}                  exists already          {2}  not found
  {3, current}         uid differs             {4, current}  revision differs
  {5, account, amount, requested, used, limit, revision}  not that much left; numbers as text
  {6}                  another of its group was refused
]==]
local ACCEPTED, EXISTS, NOT_FOUND, WRONG_UID, WRONG_REVISION, INSUFFICIENT, ABORTED = 0, 1, 2, 3, 4, 5, 6
local STRIDE = 10
local FIRST = 4
local VERBS = { c = 'created', u = 'updated', d = 'deleted' }

local prefix, undo_limit, commit_id = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local function text(n)
  return string.format('%.0f', n)
end

-- The state as the accepted operations so far leave it. A journal takes back those of a group that is refused.
local objects, limits, charged = {}, {}, {}
local revision = tonumber(redis.call('GET', KEYS[1]) or '0')
local journal = {}

local function set(map, key, value)
  journal[#journal + 1] = { map, key, map[key] }
  map[key] = value
end

local function rollback(mark)
  for i = #journal, mark + 1, -1 do
    local entry = journal[i]
    entry[1][entry[2]] = entry[3]
    journal[i] = nil
  end
end

local function object_at(resource, member)
  local id = resource .. '\0' .. member
  local known = objects[id]
  if known ~= nil then return known, id end
  local meta = redis.call('HGET', prefix .. 'meta:' .. resource, member)
  if not meta then return false, id end
  local rev, head, uid, footprint = string.match(meta, '^(%d+) (%d+) ([^\n]*)\n(.*)$')
  return { revision = rev, head = tonumber(head), uid = uid, footprint = footprint }, id
end

-- Footprints are often the same from one update to the next, and are then never decoded.
local decoded = {}
local function footprint_of(json)
  if json == '' then return nil end
  if not decoded[json] then decoded[json] = cjson.decode(json) end
  return decoded[json]
end

local function limit_of(account, amount)
  local known = limits[account]
  if known == nil then return tonumber(redis.call('HGET', prefix .. 'limits:' .. account, amount) or nil) end
  if not known then return nil end
  for _, pair in ipairs(known) do
    if pair[1] == amount then return pair[2] end
  end
end

local function used_of(account, amount)
  local used = tonumber(redis.call('HGET', prefix .. 'used:' .. account, amount) or '0')
  return used + (charged[account .. '\0' .. amount] or 0)
end

local function held_by(footprint, account, amount)
  local held = 0
  for _, charge in ipairs(footprint and footprint[2] or {}) do
    if charge[1] == account then
      for _, pair in ipairs(charge[2]) do
        if pair[1] == amount then held = held + pair[2] end
      end
    end
  end
  return held
end

local function refusal_of_ledger(enforce, before)
  for _, charge in ipairs(cjson.decode(enforce)) do
    for _, pair in ipairs(charge[2]) do
      local account, amount, requested = charge[1], pair[1], pair[2]
      local held = held_by(before, account, amount)
      if requested > held then
        local limit, used = limit_of(account, amount), used_of(account, amount) - held
        if not limit or used + requested > limit then
          return { INSUFFICIENT, account, amount, text(requested), text(used), text(limit or 0) }
        end
      end
    end
  end
end

local function book(footprint, sign)
  for _, charge in ipairs(footprint and footprint[2] or {}) do
    for _, pair in ipairs(charge[2]) do
      local id = charge[1] .. '\0' .. pair[1]
      set(charged, id, (charged[id] or 0) + sign * pair[2])
    end
  end
end

local function book_change(before, after)
  book(before, -1)
  book(after, 1)
  for _, limit in ipairs(before and before[3] or {}) do set(limits, limit[1], false) end
  for _, limit in ipairs(after and after[3] or {}) do set(limits, limit[1], limit[2]) end
end

local function refusal_of_preconditions(verb, current, uid, lock)
  if verb == 'c' then return current and { EXISTS } or nil end
  if not current then return { NOT_FOUND } end
  local wanted, wanted_uid = string.match(lock, '^(%S*) ?(.*)$')
  if verb == 'd' then wanted_uid = uid end
  if wanted_uid ~= '' and wanted_uid ~= current.uid then return { WRONG_UID, tonumber(current.revision) } end
  if wanted ~= '' and wanted ~= current.revision then return { WRONG_REVISION, tonumber(current.revision) } end
end

-- A refusal, or nil and the write to do.
local function plan(at)
  local verb, resource, member, uid = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local footprint, enforce = ARGV[at + 8], ARGV[at + 9]
  local current, id = object_at(resource, member)
  local refusal = refusal_of_preconditions(verb, current, uid, ARGV[at + 5])
  if refusal then return refusal end
  local before = current and current.footprint or ''
  if enforce ~= '' then
    refusal = refusal_of_ledger(enforce, footprint_of(before))
    if refusal then return refusal end
  end
  if before ~= footprint then book_change(footprint_of(before), footprint_of(footprint)) end
  journal[#journal + 1] = { objects, id, objects[id] }
  revision = revision + 1
  local after = false
  if verb ~= 'd' then
    after = { revision = text(revision), head = #ARGV[at + 6], uid = uid, footprint = footprint }
  end
  objects[id] = after
  return nil, { at = at, revision = revision, current = current, after = after }
end

local function plan_group(from, to, results, writes)
  local mark, base, kept, refused = #journal, revision, #writes, false
  for i = from, to do
    local refusal, write = plan(FIRST + (i - 1) * STRIDE)
    results[i] = refusal or { ABORTED }
    if refusal then
      refused = true
      break
    end
    write.index = i
    writes[#writes + 1] = write
  end
  if not refused then return end
  for i = from, to do results[i] = results[i] or { ABORTED } end
  rollback(mark)
  revision = base
  for i = #writes, kept + 1, -1 do writes[i] = nil end
end

-- While a list in pages is under way, what a write replaces is kept, so that later pages show the first page's revision.
local snapshots = {}
local function record_undo(resource, member, rev)
  local since = snapshots[resource]
  if since == nil then
    since = redis.call('GET', prefix .. 'snapshot:' .. resource)
    snapshots[resource] = since
  end
  if not since then return end
  local order, values, age = prefix .. 'undo-order:' .. resource, prefix .. 'undo-values:' .. resource, prefix .. 'undo-age:' .. resource
  local record = member .. '\0' .. string.format('%016.0f', rev)
  redis.call('ZADD', order, 0, record)
  redis.call('HSET', values, record, redis.call('HGET', prefix .. 'objects:' .. resource, member) or '')
  if redis.call('RPUSH', age, record) > undo_limit then
    local oldest = redis.call('LPOP', age)
    redis.call('ZREM', order, oldest)
    redis.call('HDEL', values, oldest)
    redis.call('SET', prefix .. 'snapshot:' .. resource, string.match(oldest, '(%d+)$'), 'KEEPTTL')
  end
  local ttl = redis.call('PTTL', prefix .. 'snapshot:' .. resource)
  for _, key in ipairs({ order, values, age }) do redis.call('PEXPIRE', key, ttl) end
end

local function write_indexes(resource, member, before, after)
  for _, entry in ipairs(before and before[1] or {}) do
    redis.call('ZREM', prefix .. 'index:' .. resource .. ':' .. entry[1] .. ':' .. entry[2], member)
  end
  for _, entry in ipairs(after and after[1] or {}) do
    redis.call('ZADD', prefix .. 'index:' .. resource .. ':' .. entry[1] .. ':' .. entry[2], 0, member)
  end
end

local function write_object(resource, member, write)
  local after, rev, at = write.after, text(write.revision), write.at
  local hash, meta = prefix .. 'objects:' .. resource, prefix .. 'meta:' .. resource
  if after then
    local json = ARGV[at + 6] .. rev .. ARGV[at + 7]
    redis.call('HSET', hash, member, json)
    redis.call('HSET', meta, member, rev .. ' ' .. after.head .. ' ' .. after.uid .. '\n' .. after.footprint)
    if not write.current then redis.call('ZADD', prefix .. 'order:' .. resource, 0, member) end
    return json
  end
  local current = write.current
  local json = redis.call('HGET', hash, member)
  redis.call('HDEL', hash, member)
  redis.call('HDEL', meta, member)
  redis.call('ZREM', prefix .. 'order:' .. resource, member)
  return string.sub(json, 1, current.head) .. rev .. string.sub(json, current.head + #current.revision + 1)
end

local function apply(write)
  local at, rev = write.at, text(write.revision)
  local verb, resource, member = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  record_undo(resource, member, write.revision)
  local json = write_object(resource, member, write)
  local before, after = write.current and write.current.footprint or '', write.after and write.after.footprint or ''
  if before ~= after then write_indexes(resource, member, footprint_of(before), footprint_of(after)) end
  local previous = redis.call('SET', prefix .. 'last:' .. resource, rev, 'GET')
  if not previous then redis.call('SADD', prefix .. 'resources', resource) end
  redis.call('XADD', prefix .. 'outbox', rev .. '-0', 'r', resource, 'm', member, 'v',
    '{"type":"' .. VERBS[verb] .. '","revision":' .. rev .. ',"previousRevision":' .. (previous or '0') ..
    ',"commit":"' .. commit_id .. '","object":' .. json .. '}')
  return verb == 'd' and { ACCEPTED, write.revision, json } or { ACCEPTED, write.revision }
end

local function write_ledger()
  for id, change in pairs(charged) do
    if change ~= 0 then
      local account, amount = string.match(id, '^(.*)%z(.*)$')
      if redis.call('HINCRBY', prefix .. 'used:' .. account, amount, text(change)) == 0 then
        redis.call('HDEL', prefix .. 'used:' .. account, amount)
      end
    end
  end
  for account, pairs_of in pairs(limits) do
    redis.call('DEL', prefix .. 'limits:' .. account)
    for _, pair in ipairs(pairs_of or {}) do
      redis.call('HSET', prefix .. 'limits:' .. account, pair[1], text(pair[2]))
    end
  end
end

local count = (#ARGV - FIRST + 1) / STRIDE
local results, writes = {}, {}
local from = 1
while from <= count do
  local to, group = from, ARGV[FIRST + (from - 1) * STRIDE]
  while group ~= '' and to < count and ARGV[FIRST + to * STRIDE] == group do to = to + 1 end
  plan_group(from, to, results, writes)
  from = to + 1
end

if #writes > 0 then
  redis.call('SET', KEYS[1], text(revision))
  for _, write in ipairs(writes) do results[write.index] = apply(write) end
  write_ledger()
end
for _, result in ipairs(results) do
  if result[1] == INSUFFICIENT then result[7] = text(revision) end
end
return results
