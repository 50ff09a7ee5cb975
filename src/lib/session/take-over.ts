import { hash } from 'node:crypto'
import type { JsonObject, SessionRecord } from '../codecs/record.js'
import { within } from '../engines/concurrency.js'
import type { Created, IndexList } from '../engines/engine.js'
import { EngineUnavailable } from '../engines/errors.js'
import { LONGEST_LIFE } from '../engines/revocations.js'
import type { SessionContext } from './context.js'
import { endOfSaved, keepsSavedAt } from './expiry.js'
import type { CookiesByName, OldSession, OldSessions } from './old-sessions.js'
import type { Resolved } from './session-handle.js'

/** A session that was taken over. */
export interface TakenOver extends Resolved {
  readonly from: OldSessions
}

/**
 * The session of another library that the cookies lead to, written to this engine under an id of ours and removed where it
 * was. Its end stays, unless the settings allow less.
 *
 * Two requests can bring the same old cookie at the same moment. Each stores a session of its own, and then the claim on the
 * old key, an entry of the index that only one of them can insert. The other one removes what it has stored and loads the
 * session that the claim names. So a request that was cut off before its claim has taken over nothing: no cookie leads to
 * what it has stored. The claim stays as long as the old session could live. So a session that has ended here does not come
 * back, even if it was in the cookie itself. An engine without an index cannot remember that, as it cannot end sessions.
 * `cache` remembers it while its process lives, in the room of what is never forgotten: if anonymous sessions could push a
 * claim out, the old cookie would be good again after a log-out.
 *
 * The claim holds no id, but half of what an id is made of: who reads the store and has the old cookie, but not the old
 * library's secret, cannot make it.
 *
 * @throws EngineUnavailable if one of the stores does not answer; the old session stays what it is.
 */
export async function takeOver(
  cookies: CookiesByName,
  context: SessionContext,
): Promise<TakenOver | undefined> {
  for (const from of context.readThrough) {
    const key = from.keyOf(cookies)
    const resolved = key === undefined ? undefined : await takeOverFrom(from, key, context)
    if (resolved !== undefined) return { ...resolved, from }
  }
  return undefined
}

async function takeOverFrom(
  from: OldSessions,
  key: string,
  context: SessionContext,
): Promise<Resolved | undefined> {
  const { engine, clock, rules, generateId, storeTimeout } = context
  const claim = `taken-over-${hash('sha256', key, 'hex')}`
  const claimed = await engine.index?.read(claim)
  if (claimed !== undefined) return claimedBy(claimed, from, key, context)
  const old = await answered(storeTimeout, () => from.load(key))
  const now = clock()
  // Another request can have taken it over between the two looks.
  if (old === undefined || (old.expires !== undefined && old.expires <= now))
    return claimedBy(await engine.index?.read(claim), from, key, context)
  const record = recordFrom(old, now, rules)
  // Without claims both requests make the same id, and only one of them can store it.
  const drawn = engine.index === undefined ? '' : generateId()
  const id = idFor(from, key, drawn)
  const created = await engine.create(id, record)
  if (created.kind === 'taken') return loadedFrom(id, context)
  const until = old.expires ?? now + LONGEST_LIFE
  if (engine.index && !(await engine.index.write(claim, { drawn }, until, undefined))) {
    await engine.delete(created.id)
    return claimedBy(await engine.index.read(claim), from, key, context)
  }
  return finish(from, key, created, record, context)
}

/** The session that another request has made of the old one, if it is still alive. */
async function claimedBy(
  claim: IndexList | undefined,
  from: OldSessions,
  key: string,
  context: SessionContext,
): Promise<Resolved | undefined> {
  const drawn = claim?.list.drawn
  if (typeof drawn !== 'string') return undefined
  return loadedFrom(idFor(from, key, drawn), context)
}

async function loadedFrom(id: string, { engine }: SessionContext): Promise<Resolved | undefined> {
  const loaded = await engine.load(id)
  return loaded.kind === 'missing' ? undefined : { id, loaded }
}

function idFor(from: OldSessions, key: string, drawn: string): string {
  return hash('sha256', `read-through ${drawn} ${from.seal(key)} ${key}`, 'hex').slice(0, 32)
}

async function finish(
  from: OldSessions,
  key: string,
  { id, version }: Extract<Created, { kind: 'created' }>,
  record: SessionRecord,
  { lifecycle, logger, storeTimeout }: SessionContext,
): Promise<Resolved> {
  lifecycle.created(id)
  try {
    await answered(storeTimeout, () => from.remove(key))
  } catch (error) {
    // It will expire there, and is not read again meanwhile.
    logger.warn({ err: error }, 'a session was taken over and could not be removed from its old store')
  }
  return { id, loaded: { kind: 'found', record, version } }
}

/** A store of somebody else's may wait for its connection without an end, and the visitor with it. */
async function answered<Result>(limit: number, ask: () => Promise<Result>): Promise<Result> {
  let isOver = false
  try {
    return await within(limit, ask(), () => {
      isOver = true
    })
  } catch (cause) {
    if (!isOver) throw cause
    throw new EngineUnavailable('the old session store does not answer', { cause })
  }
}

function recordFrom(
  { data, expires }: OldSession,
  now: number,
  rules: SessionContext['rules'],
): SessionRecord {
  const end = endOfSaved({ createdAt: now, expiry: undefined, user: undefined }, now, rules)
  return {
    // A store in memory may have handed out what JSON does not hold.
    data: JSON.parse(JSON.stringify(data)) as JsonObject,
    createdAt: now,
    ...(keepsSavedAt(rules) && { savedAt: now }),
    expires: Math.min(end, expires ?? end),
  }
}
