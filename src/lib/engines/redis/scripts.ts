import { createHash } from 'node:crypto'

/** A Lua script that Redis runs as one step, and the hash by which Redis knows it once it has run it. */
export interface Script {
  readonly text: string
  /** Its SHA-1 in hex. */
  readonly sha: string
}

/**
 * The facts for the conditions: an entry's version, which its text begins with, and its expiry, which its text ends with
 * (`codecs/codec.ts`). To parse the text with `cjson` would cost time for the whole session, fail at its limit of nesting,
 * and change numbers and empty lists when written back.
 *
 * A tombstone has no version. GET fails on somebody else's list or hash, hence `pcall`.
 */
const prelude = `
local function entry(key)
  local text = redis.pcall('GET', key)
  if type(text) ~= 'string' then return nil, nil, nil end
  local head, expires = string.match(text, '^(.*,"expires":)([%d.eE+-]+)}$')
  return tonumber(string.match(text, '^{"value":{"version":(%d+),')), tonumber(expires), head
end
`

/** Tells those who watch that a session has left its key. A user of the server need not have the right to. */
const tell = `
local function tell(channel, key)
  if channel ~= '' then redis.pcall('PUBLISH', channel, key) end
end
`

export const redisScripts = {
  /** KEYS: key. ARGV: version, now, text, milliseconds to live. */
  replace: script(`
    local version, expires = entry(KEYS[1])
    if version ~= tonumber(ARGV[1]) or not expires or expires <= tonumber(ARGV[2]) then return 0 end
    redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
    return 1`),

  /** KEYS: key. ARGV: now, expires, milliseconds to live. */
  extend: script(`
    local version, expires, head = entry(KEYS[1])
    if not version or not expires or expires <= tonumber(ARGV[1]) then return 0 end
    redis.call('SET', KEYS[1], head .. ARGV[2] .. '}', 'PX', ARGV[3])
    return 1`),

  /**
   * KEYS: from, to. ARGV: version, now, deadline by the server's clock, text, its milliseconds to live, tombstone, its
   * milliseconds to live, channel, what to tell. A server that was frozen runs the script when it goes on. By then the caller has given up and
   * told nobody the new id, so a late move would be a log-out.
   */
  move: script(`
    local time = redis.call('TIME')
    if time[1] * 1000 + time[2] / 1000 > tonumber(ARGV[3]) then return redis.error_reply('LATE deadline missed') end
    local version, expires = entry(KEYS[1])
    if version ~= tonumber(ARGV[1]) or not expires or expires <= tonumber(ARGV[2]) then return 0 end
    if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
    redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5])
    redis.call('SET', KEYS[1], ARGV[6], 'PX', ARGV[7])
    tell(ARGV[8], ARGV[9])
    return 1`),

  /** KEYS: key. ARGV: channel, what to tell. Leaves tombstones. */
  remove: script(`
    if not entry(KEYS[1]) then return 0 end
    redis.call('DEL', KEYS[1])
    tell(ARGV[1], ARGV[2])
    return 1`),

  /** KEYS: key. ARGV: now. Removes tombstones too, but no text that is none of ours. */
  removeExpired: script(`
    local version, expires, head = entry(KEYS[1])
    if not expires or expires > tonumber(ARGV[1]) then return 0 end
    if not version and not string.match(head, '^{"value":{"superseded":true[,}]') then return 0 end
    return redis.call('DEL', KEYS[1])`),

  /** KEYS: a key that nobody else uses. Runs every command of the scripts above. */
  checkRights: script(`
    redis.call('TIME')
    redis.call('SET', KEYS[1], '', 'PX', 1)
    redis.call('GET', KEYS[1])
    redis.call('EXISTS', KEYS[1])
    return redis.call('DEL', KEYS[1])`),

  /** KEYS: none that is used. ARGV: channel. */
  checkPublishing: script(`
    redis.call('PUBLISH', ARGV[1], '')
    return 1`),
} as const

function script(body: string): Script {
  const text = `${prelude}${tell}${body}`
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
