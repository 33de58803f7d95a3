"""The Lua scripts: each is one atomic step on the keys of one account (one hash slot).

`risk` is a hash {version, generation, account_version, cash, day_open_equity, high_water_mark,
epoch, levels}. Its absence means that the whole state is gone and has to be rebuilt; `version`
rises with every change that a decision could depend on.
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
if redis.call('HDEL', KEYS[2], ARGV[1]) == 1 and redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HINCRBY', KEYS[1], 'version', 1)
end
return 1
"""

# Brings order, reservation, positions and cash up to newer versions; older ones change nothing.
# KEYS risk, reserved, order, position, held
# ARGV intent, order version, order, reservation or '', ttl, position version or '', position,
#      holding, account version or '', cash
# -> 1 done, 0 the state is absent
PROJECT = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local changed = false
local known = tonumber(redis.call('HGET', KEYS[3], 'version') or '0')
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

# KEYS risk - ARGV epoch, levels
PUT_HALTS = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if tonumber(ARGV[1]) >= tonumber(redis.call('HGET', KEYS[1], 'epoch')) then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'levels', ARGV[2])
  redis.call('HINCRBY', KEYS[1], 'version', 1)
end
return 1
"""

# KEYS risk, reserved, held, then one position key per holding
# ARGV generation, fields of risk as JSON, reservations as JSON, holdings as JSON,
#      positions as JSON list of {version, data}, ttl
REBUILD = """
local known = redis.call('HGET', KEYS[1], 'generation')
if known and tonumber(known) >= tonumber(ARGV[1]) then return 0 end
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0') + 1
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
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
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'version', version)
for name, value in pairs(cjson.decode(ARGV[2])) do
  redis.call('HSET', KEYS[1], name, value)
end
return 1
"""

# KEYS any - ARGV version, data, ttl: keep the newer of two records
PUT_NEWER = """
if tonumber(ARGV[1]) <= tonumber(redis.call('HGET', KEYS[1], 'version') or '-1') then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'data', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""
