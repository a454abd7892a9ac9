import { LuaScript } from './lua-script.js';

/** Every time is that of Redis: a node's own clock may be wrong. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function isAlive(nodes, node)
  local ends = redis.call('ZSCORE', nodes, node)
  return ends and tonumber(ends) > now
end
`;

/** Answers when the person came if they are on another node still; else begins the grace, and answers nothing. */
const DEPART = `
local function depart(came, counts, leaving, id, leftAt)
  local cameAt = redis.call('HGET', came, id)
  if tonumber(redis.call('HGET', counts, id) or 0) > 0 then return cameAt or '' end
  redis.call('HDEL', counts, id)
  local at = math.max(math.min(leftAt, now), tonumber(cameAt or 0))
  redis.call('ZADD', leaving, 'GT', at, id)
  return ''
end
`;

/**
 * Renews the lease of a node.
 *
 * Keys: nodes, epoch. Arguments: node, lease. Answers: now, whether the lease had not ended, the epoch.
 */
export const RENEW = new LuaScript(`${NOW}
local wasAlive = isAlive(KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], now, 'NX')
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return { now, wasAlive and 1 or 0, redis.call('GET', KEYS[2]) }
`);

/**
 * People have a socket on a node.
 *
 * Keys: nodes, people, came, counts, leaving. Arguments: node, then for each the id and when they came. Answers for
 * each whether they were nowhere before, and when they came; nothing if the node has no lease.
 */
export const TAKE = new LuaScript(`${NOW}
if not isAlive(KEYS[1], ARGV[1]) then return false end
local answers = {}
for i = 2, #ARGV, 2 do
  local id = ARGV[i]
  if redis.call('SADD', KEYS[2], id) == 1 then redis.call('HINCRBY', KEYS[4], id, 1) end
  redis.call('ZREM', KEYS[5], id)
  local isNew = redis.call('HSETNX', KEYS[3], id, math.min(tonumber(ARGV[i + 1]), now))
  answers[#answers + 1] = isNew
  answers[#answers + 1] = redis.call('HGET', KEYS[3], id)
end
return answers
`);

/**
 * People have no socket on a node any more.
 *
 * Keys: nodes, people, came, counts, leaving. Arguments: node, then for each the id and when they left. Answers for
 * each when they came, or '' for someone who is on no other node; nothing if the node has no lease.
 */
export const LEAVE = new LuaScript(`${NOW}${DEPART}
if not isAlive(KEYS[1], ARGV[1]) then return false end
local answers = {}
for i = 2, #ARGV, 2 do
  local id = ARGV[i]
  if redis.call('SREM', KEYS[2], id) == 1 then redis.call('HINCRBY', KEYS[4], id, -1) end
  answers[#answers + 1] = depart(KEYS[3], KEYS[4], KEYS[5], id, tonumber(ARGV[i + 1]))
end
return answers
`);

/**
 * Takes away those whose grace is over.
 *
 * Keys: nodes, came, leaving, left. Arguments: node, grace, how many at most. Answers: ids each followed by when they
 * left, and the nodes whose lease has ended; nothing if the node itself has no lease.
 */
export const SWEEP = new LuaScript(`${NOW}
if not isAlive(KEYS[1], ARGV[1]) then return false end
local over = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - ARGV[2], 'WITHSCORES', 'LIMIT', 0, ARGV[3])
for i = 1, #over, 2 do
  redis.call('ZREM', KEYS[3], over[i])
  redis.call('HDEL', KEYS[2], over[i])
  redis.call('ZADD', KEYS[4], over[i + 1], over[i])
end
return { over, redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 10) }
`);

/**
 * Lets go of people of a node: of one whose lease has ended, as of when it was renewed last, or of one that stops.
 *
 * Keys: nodes, people, came, counts, leaving. Arguments: node, lease, how many at most, '1' if it stops. Answers how
 * many are left.
 */
export const EMPTY = new LuaScript(`${NOW}${DEPART}
local stops = ARGV[4] == '1'
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not stops and (not ends or tonumber(ends) > now) then return 0 end
local leftAt = stops and now or tonumber(ends) - ARGV[2]
for _, id in ipairs(redis.call('SPOP', KEYS[2], ARGV[3])) do
  redis.call('HINCRBY', KEYS[4], id, -1)
  depart(KEYS[3], KEYS[4], KEYS[5], id, leftAt)
end
local rest = redis.call('SCARD', KEYS[2])
if rest == 0 then redis.call('ZREM', KEYS[1], ARGV[1]) end
return rest
`);

/**
 * When these people left is stored.
 *
 * Keys: left. Arguments: until when, then the ids.
 */
export const FORGET = new LuaScript(`
for i = 2, #ARGV do
  local at = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if at and tonumber(at) <= tonumber(ARGV[1]) then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
`);
