#!lua
--[==[
Purpose: commits operations on objects. Checks every precondition against the state that the operations before leave behind, then takes a
revision per accepted operation and writes object, order, ledger and outbox. Nothing is written before all checks are done, and no
call after the first write can fail, so that a script that has begun to write finishes.

KEYS[1]  the revision counter; all other keys are its prefix plus a name (keys.ts), in the same slot.
ARGV[1]  the prefix.
ARGV[2]  how many undo records a resource may keep for lists in pages.
ARGV[3]  names this commit in the outbox, [A-Za-z0-9-]; two histories never hold the same one.
ARGV[4]  milliseconds of this server's clock (TIME) until when none of the operations is too late.
ARGV[5]  the same for each operation, with spaces between; read only when one may be.
then 10 arguments per operation:
  group      operations in a row with the same group other than '' stand or fall together
  verb       'c' create, 'u' update, 'd' delete
  resource   'pods', 'deployments.apps'
  member     '<namespace>/<name>'
  uid        create and update: uid of the object; delete: the uid it must have, or ''
  lock       the revision the object must be at, or ''; update may add ' <uid>' that it must have
  head       the object's JSON up to where its resourceVersion goes
  tail       the rest of it
  accounts   '' or JSON [[[account, [[amount, n]...]]...], [[account, [[amount, limit]...]]...]]: charges and limits
  enforce    '' or JSON [[account, [[amount, n]...]]...]: charges to refuse when the account has not that much left

Result: one array per operation, the first element a code (results.ts):
  {0, revision, previous}  accepted, after the resource's previous change; a delete adds the last JSON, at that revision
  {1}                  exists already          {2}  not found
  {3, current}         uid differs             {4, current}  revision differs
  {5, account, amount, requested, used, limit, revision}  not that much left; numbers as text
  {6}                  another of its group was refused      {7}  too late

Redis makes every function of a script anew at each call. So those that few commits need are made inside another, when they are.
]==]
local ACCEPTED, EXISTS, NOT_FOUND, WRONG_UID, WRONG_REVISION, INSUFFICIENT, ABORTED, LATE = 0, 1, 2, 3, 4, 5, 6, 7
local STRIDE, FIRST = 10, 6
local call, format, match = redis.call, string.format, string.match
local prefix = ARGV[1]
-- The state as the accepted operations so far leave it; revisions are counted from 1 until it is known how many are taken.
local objects, taken, base = {}, 0, nil
-- Takes back those of a group that is refused.
local journal = {}

local function set(map, key, value)
  journal[#journal + 1] = { map, key, map[key] }
  map[key] = value
end

local function revision_of(object)
  if object.revision then return object.revision end
  base = base or tonumber(call('GET', KEYS[1]) or '0')
  return format('%.0f', base + object.taken)
end

-- The accounts, as far as this call has changed them. One whose name begins with 'unique/' has a limit of 1 for whatever it is charged with.
local ledger
local function open_ledger()
  local limits, charged = {}, {}

  local function limit_of(account, amount)
    if string.sub(account, 1, 7) == 'unique/' then return 1 end
    local known = limits[account]
    if known == nil then return tonumber(call('HGET', prefix .. 'limits:' .. account, amount) or nil) end
    for _, pair in ipairs(known or {}) do
      if pair[1] == amount then return pair[2] end
    end
  end

  local function used_of(account, amount)
    local used = tonumber(call('HGET', prefix .. 'used:' .. account, amount) or '0')
    return used + (charged[account .. '\0' .. amount] or 0)
  end

  local function held_by(charges, account, amount)
    local held = 0
    for _, charge in ipairs(charges) do
      for _, pair in ipairs(charge[1] == account and charge[2] or {}) do
        if pair[1] == amount then held = held + pair[2] end
      end
    end
    return held
  end

  local function book(charges, sign)
    for _, charge in ipairs(charges) do
      for _, pair in ipairs(charge[2]) do
        local id = charge[1] .. '\0' .. pair[1]
        set(charged, id, (charged[id] or 0) + sign * pair[2])
      end
    end
  end

  -- A refusal when an account has not that much left, beside what the object holds already.
  local function refuse(enforce, before)
    for _, charge in ipairs(cjson.decode(enforce)) do
      for _, pair in ipairs(charge[2]) do
        local account, amount, requested = charge[1], pair[1], pair[2]
        local held = held_by(before, account, amount)
        if requested > held then
          local limit, used = limit_of(account, amount), used_of(account, amount) - held
          if not limit or used + requested > limit then
            local numbers = { format('%.0f', requested), format('%.0f', used), format('%.0f', limit or 0) }
            return { INSUFFICIENT, account, amount, unpack(numbers) }
          end
        end
      end
    end
  end

  local function decode(accounts)
    return accounts == '' and { {}, {} } or cjson.decode(accounts)
  end

  -- Books what an object holds from now on in place of what it held before, or refuses.
  local function change(before, after, enforce)
    local held, holds = decode(before), decode(after)
    local refusal = enforce ~= '' and refuse(enforce, held[1])
    if refusal then return refusal end
    book(held[1], -1)
    book(holds[1], 1)
    for _, limit in ipairs(held[2]) do set(limits, limit[1], false) end
    for _, limit in ipairs(holds[2]) do set(limits, limit[1], limit[2]) end
  end

  local function write()
    for id, amount in pairs(charged) do
      local account, name = match(id, '^(.*)%z(.*)$')
      local key = prefix .. 'used:' .. account
      if amount ~= 0 and call('HINCRBY', key, name, format('%.0f', amount)) == 0 then call('HDEL', key, name) end
    end
    for account, amounts in pairs(limits) do
      call('DEL', prefix .. 'limits:' .. account)
      for _, pair in ipairs(amounts or {}) do
        call('HSET', prefix .. 'limits:' .. account, pair[1], format('%.0f', pair[2]))
      end
    end
  end

  return { change = change, write = write }
end

-- By argument of the operation; nil while nothing is late.
local late
local time = call('TIME')
local now = time[1] * 1000 + time[2] / 1000
if now > tonumber(ARGV[4]) then
  late = {}
  local at = FIRST
  for moment in string.gmatch(ARGV[5], '%d+') do
    late[at] = now > tonumber(moment)
    at = at + STRIDE
  end
end

-- A refusal, or nil and the write to do.
local function plan(at)
  if late and late[at] then return { LATE } end
  local verb, resource, member, uid, lock = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
  local accounts, enforce = ARGV[at + 8], ARGV[at + 9]
  local id = resource .. '\0' .. member
  local current = objects[id]
  if current == nil then
    local meta = call('HGET', prefix .. 'objects:' .. resource, member .. '\0')
    current = false
    if meta then
      local revision, head, owner, holds = match(meta, '^(%d+) (%d+) ([^\n]*)\n([^\n]*)\n')
      current = { revision = revision, head = tonumber(head), uid = owner, accounts = holds }
    end
  end

  if verb == 'c' then
    if current then return { EXISTS } end
  else
    if not current then return { NOT_FOUND } end
    local wanted, wanted_uid = lock, ''
    if verb == 'd' then
      wanted_uid = uid
    elseif lock ~= '' then
      wanted, wanted_uid = match(lock, '^(%S*) ?(.*)$')
    end
    if wanted_uid ~= '' and wanted_uid ~= current.uid then return { WRONG_UID, tonumber(revision_of(current)) } end
    if wanted ~= '' and wanted ~= revision_of(current) then return { WRONG_REVISION, tonumber(revision_of(current)) } end
  end

  -- Often the same from one update to the next, and then never decoded.
  local before = current and current.accounts or ''
  if enforce ~= '' or before ~= accounts then
    ledger = ledger or open_ledger()
    local refusal = ledger.change(before, accounts, enforce)
    if refusal then return refusal end
  end

  taken = taken + 1
  local after = false
  if verb ~= 'd' then
    after = { taken = taken, head = #ARGV[at + 6], uid = uid, accounts = accounts }
  end
  set(objects, id, after)
  return nil, { at = at, taken = taken, current = current, after = after }
end

local function plan_group(from, to, results, writes)
  local mark, before, kept = #journal, taken, #writes
  for i = from, to do
    local refusal, write = plan(FIRST + (i - 1) * STRIDE)
    if refusal then
      for n = from, to do results[n] = { ABORTED } end
      results[i] = refusal
      for n = #journal, mark + 1, -1 do
        local entry = journal[n]
        entry[1][entry[2]] = entry[3]
        journal[n] = nil
      end
      for n = #writes, kept + 1, -1 do writes[n] = nil end
      taken = before
      return
    end
    write.index = i
    writes[#writes + 1] = write
  end
end

-- While a list in pages is under way, what a write replaces is kept, so that later pages show the first page's revision. Gives what keeps it for the rest
-- of this call, in which no time passes for keys; false when no list is under way any more.
local function open_undo(resource)
  local snapshot = prefix .. 'snapshot:' .. resource
  local ttl, most = call('PTTL', snapshot), tonumber(ARGV[2])
  if ttl < 1 then
    -- Also in its last millisecond: with a lifetime of 0 the records would go before the snapshot that promises them.
    call('DEL', snapshot)
    return false
  end
  local order, values, age = prefix .. 'undo-order:' .. resource, prefix .. 'undo-values:' .. resource, prefix .. 'undo-age:' .. resource

  return function(member, revision, replaced)
    local record = member .. '\0' .. format('%016.0f', revision)
    call('ZADD', order, 0, record)
    call('HSET', values, record, replaced)
    local kept = call('RPUSH', age, record)
    -- The first record makes the keys. From then on it is the list that begins anew which prolongs them, with the snapshot.
    if kept == 1 then
      for _, key in ipairs({ order, values, age }) do call('PEXPIRE', key, ttl) end
    end
    if kept > most then
      local oldest = call('LPOP', age)
      call('ZREM', order, oldest)
      call('HDEL', values, oldest)
      call('SET', snapshot, match(oldest, '(%d+)$'), 'KEEPTTL')
    end
  end
end

-- What `open_undo` gave, by resource.
local undo = {}

-- `last:` of a resource of which a list in pages may be under way is marked ' p', so that nobody has to ask for others.
local function apply(write)
  local at, current, after = write.at, write.current, write.after
  local verb, resource, member = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local rev, hash, last = format('%.0f', base + write.taken), prefix .. 'objects:' .. resource, prefix .. 'last:' .. resource

  local keep = undo[resource]
  local previous = call('SET', last, keep and rev .. ' p' or rev, 'GET')
  if not previous then
    call('SADD', prefix .. 'resources', resource)
    previous = '0'
  elseif string.byte(previous, -1) == 112 then
    previous = string.sub(previous, 1, -3)
    if keep == nil then
      keep = open_undo(resource)
      undo[resource] = keep
      if keep then call('APPEND', last, ' p') end
    end
  end

  local replaced = current and (keep or not after) and call('HGET', hash, member)
  if keep then keep(member, base + write.taken, replaced or '') end

  local json
  if after then
    json = ARGV[at + 6] .. rev .. ARGV[at + 7]
    after.revision = rev
    local meta = rev .. ' ' .. after.head .. ' ' .. after.uid .. '\n' .. after.accounts .. '\n'
    call('HSET', hash, member, json, member .. '\0', meta)
    if not current then call('ZADD', prefix .. 'order:' .. resource, 0, member) end
  else
    json = string.sub(replaced, 1, current.head) .. rev .. string.sub(replaced, current.head + #current.revision + 1)
    call('HDEL', hash, member, member .. '\0')
    call('ZREM', prefix .. 'order:' .. resource, member)
  end

  call('XADD', prefix .. 'outbox', rev .. '-0', 'k', resource, 'm', member, 'x', verb .. ' ' .. previous .. ' ' .. ARGV[3], 'v', json)
  return { ACCEPTED, base + write.taken, previous, not after and json or nil }
end

local results, writes = {}, {}
local count = (#ARGV - FIRST + 1) / STRIDE
local from = 1
while from <= count do
  local to, group = from, ARGV[FIRST + (from - 1) * STRIDE]
  while group ~= '' and to < count and ARGV[FIRST + to * STRIDE] == group do to = to + 1 end
  plan_group(from, to, results, writes)
  from = to + 1
end

if #writes > 0 then
  base = call('INCRBY', KEYS[1], taken) - taken
  for _, write in ipairs(writes) do results[write.index] = apply(write) end
  if ledger then ledger.write() end
end
if ledger then
  for _, result in ipairs(results) do
    if result[1] == INSUFFICIENT then result[7] = call('GET', KEYS[1]) or '0' end
  end
end
return results
