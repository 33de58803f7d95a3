"""The Lua scripts: each is one atomic step on the keys of one account (one hash slot).

`risk` is a hash {version, generation, account_version, cash, day_open_equity, high_water_mark,
session_day, epoch, levels}. Without one of them the state counts as gone and is rebuilt;
`version` rises with every change that a decision could depend on, and never goes back while the
hash exists.
"""

# KEYS risk: from here on the state counts as gone, so that nothing is written into what a rebuild
# is about to replace
CLEAR = """
if redis.call('HDEL', KEYS[1], 'cash') == 1 then redis.call('HINCRBY', KEYS[1], 'version', 1) end
return 1
"""

# KEYS risk, reserved - ARGV version, intent, reservation -> 1 reserved, 0 changed since
RESERVE = """
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 1
"""

# KEYS risk, reserved - ARGV intent
RELEASE = """
if redis.call('HDEL', KEYS[2], ARGV[1]) == 1 and redis.call('HEXISTS', KEYS[1], 'cash') == 1 then
  redis.call('HINCRBY', KEYS[1], 'version', 1)
end
return 1
"""

# Brings order, reservation, positions and cash up to newer versions; older ones change nothing.
# Cash and positions belong together: a fill is only shown when it is the account's next one, since
# with one left out the equity would be wrong by a whole position.
# KEYS risk, reserved, order, position, held
# ARGV intent, order version, order, reservation or '', ttl, position version or '', position,
#      holding, account version or '', cash, '1' when the fill is new
# -> 1 done, 0 the state is absent or a fill is missing in it
PROJECT = """
if redis.call('HEXISTS', KEYS[1], 'cash') == 0 then return 0 end
local changed = false
local known
if ARGV[9] ~= '' then
  known = tonumber(redis.call('HGET', KEYS[1], 'account_version'))
  if tonumber(ARGV[9]) > known + tonumber(ARGV[11]) then return 0 end
end
known = tonumber(redis.call('HGET', KEYS[3], 'version') or '0')
if tonumber(ARGV[2]) > known then
  redis.call('HSET', KEYS[3], 'version', ARGV[2], 'data', ARGV[3])
  redis.call('EXPIRE', KEYS[3], ARGV[5])
  if ARGV[4] == '' then redis.call('HDEL', KEYS[2], ARGV[1])
  else redis.call('HSET', KEYS[2], ARGV[1], ARGV[4]) end
  changed = true
end
if ARGV[6] ~= '' then
  known = tonumber(redis.call('HGET', KEYS[4], 'version') or '0')
  if tonumber(ARGV[6]) > known then
    redis.call('HSET', KEYS[4], 'version', ARGV[6], 'data', ARGV[7])
    redis.call('EXPIRE', KEYS[4], ARGV[5])
    redis.call('SADD', KEYS[5], ARGV[8])
    changed = true
  end
end
if ARGV[9] ~= '' then
  known = tonumber(redis.call('HGET', KEYS[1], 'account_version') or '0')
  if tonumber(ARGV[9]) > known then
    redis.call('HSET', KEYS[1], 'account_version', ARGV[9], 'cash', ARGV[10])
    changed = true
  end
end
if changed then redis.call('HINCRBY', KEYS[1], 'version', 1) end
return 1
"""

# KEYS risk - ARGV equity
RAISE_HIGH_WATER = """
local known = redis.call('HGET', KEYS[1], 'high_water_mark')
if known and tonumber(ARGV[1]) > tonumber(known) then
  redis.call('HSET', KEYS[1], 'high_water_mark', ARGV[1])
end
return 1
"""

# KEYS risk - ARGV epoch, levels: also while the state is absent, so that a rebuild from an older
# read cannot hide them
PUT_HALTS = """
if tonumber(ARGV[1]) >= tonumber(redis.call('HGET', KEYS[1], 'epoch') or '-1') then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'levels', ARGV[2])
  redis.call('HINCRBY', KEYS[1], 'version', 1)
end
return 1
"""

# KEYS marks - ARGV symbol, end of its bar, mark, and so on: keep the later of two marks
PUT_MARKS = """
for first = 1, #ARGV, 3 do
  local known = redis.call('HGET', KEYS[1], ARGV[first])
  if not known or cjson.decode(known).at <= ARGV[first + 1] then
    redis.call('HSET', KEYS[1], ARGV[first], ARGV[first + 2])
  end
end
return 1
"""

# KEYS risk, reserved, held, then one position key per holding
# ARGV generation, fields of risk as JSON, reservations as JSON, holdings as JSON,
#      positions as JSON list of {version, data}, ttl, epoch, levels
REBUILD = """
local known = redis.call('HGET', KEYS[1], 'generation')
if known and tonumber(known) >= tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[2], KEYS[3])
for intent, reservation in pairs(cjson.decode(ARGV[3])) do
  redis.call('HSET', KEYS[2], intent, reservation)
end
for index, holding in ipairs(cjson.decode(ARGV[4])) do
  local position = cjson.decode(ARGV[5])[index]
  redis.call('SADD', KEYS[3], holding)
  redis.call('DEL', KEYS[3 + index])
  redis.call('HSET', KEYS[3 + index], 'version', position.version, 'data', position.data)
  redis.call('EXPIRE', KEYS[3 + index], ARGV[6])
end
redis.call('HSET', KEYS[1], 'generation', ARGV[1])
for name, value in pairs(cjson.decode(ARGV[2])) do
  redis.call('HSET', KEYS[1], name, value)
end
if tonumber(ARGV[7]) >= tonumber(redis.call('HGET', KEYS[1], 'epoch') or '-1') then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[7], 'levels', ARGV[8])
end
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 1
"""

# KEYS any - ARGV version, data, ttl: keep the newer of two records
PUT_NEWER = """
if tonumber(ARGV[1]) <= tonumber(redis.call('HGET', KEYS[1], 'version') or '-1') then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'data', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""

# KEYS lease, fence - ARGV holder, milliseconds, now -> the holder's token, 0 while another holds it
KEEP_LEASE = """
local holder = redis.call('HGET', KEYS[1], 'holder')
if holder and holder ~= ARGV[1] then return '0' end
local token = redis.call('HGET', KEYS[1], 'token')
if not token then
  token = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, tonumber(ARGV[3]))
  token = string.format('%.0f', token)
  redis.call('SET', KEYS[2], token)
end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'token', token)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return token
"""

# KEYS lease - ARGV holder
RELEASE_LEASE = """
if redis.call('HGET', KEYS[1], 'holder') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""
