import { hash } from 'node:crypto'
import type { JsonObject, SessionRecord } from '../codecs/record.js'
import type { Created } from '../engines/engine.js'
import type { SessionContext } from './context.js'
import { endOfSaved, keepsSavedAt } from './expiry.js'
import type { CookiesByName, OldSession, OldSessions } from './old-sessions.js'
import type { Resolved } from './session-handle.js'

/** A session that was taken over. */
export interface TakenOver extends Resolved {
  readonly from: OldSessions
}

/** How long it is remembered that a session without an end of its own was taken over: 400 days, in milliseconds. */
const LONGEST_CLAIM = 34_560_000_000

/**
 * The session of another library that the cookies lead to, written to this engine under an id of ours and removed where it
 * was. Its end stays, unless the settings allow less.
 *
 * Two requests can bring the same old cookie at the same moment. Both make the same id of it, and `create` lets one win; the
 * other one loads what that has stored. Who has the old cookie but not the old library's secret cannot make the id. A list
 * in the store remembers the old key as long as the old session could live. So a session that has ended here does not come
 * back, even if it was in the cookie itself. An engine without such lists cannot remember that, as it cannot end sessions.
 *
 * @throws EngineUnavailable if one of the stores does not answer; both sessions stay what they are.
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
  const { engine, clock, rules } = context
  const { index } = engine
  const id = hash('sha256', `read-through ${from.seal(key)} ${key}`, 'hex').slice(0, 32)
  const claim = `taken-over-${hash('sha256', key, 'hex')}`
  if ((await index?.read(claim)) === undefined) {
    const old = await from.load(key)
    const now = clock()
    if (old !== undefined && (old.expires === undefined || old.expires > now)) {
      const record = recordOf(old, now, rules)
      const created = await engine.create(id, record)
      if (created.kind === 'created') {
        const claimedUntil = old.expires ?? now + LONGEST_CLAIM
        const isFirst = (await index?.write(claim, {}, claimedUntil, undefined)) ?? true
        return isFirst ? finish(from, key, created, record, context) : withdraw(created, context)
      }
    }
  }
  // Another request has taken it over, or it is not there any more.
  const loaded = await engine.load(id)
  return loaded.kind === 'missing' ? undefined : { id, loaded }
}

async function finish(
  from: OldSessions,
  key: string,
  { id, version }: Extract<Created, { kind: 'created' }>,
  record: SessionRecord,
  { lifecycle, logger }: SessionContext,
): Promise<Resolved> {
  lifecycle.created(id)
  try {
    await from.remove(key)
  } catch (error) {
    // It will expire there, and is not read again meanwhile.
    logger.warn({ err: error }, 'a session was taken over and could not be removed from its old store')
  }
  return { id, loaded: { kind: 'found', record, version } }
}

/** Between this request's look at the list and its `create`, another one has taken the session over, and it has ended. */
async function withdraw({ id }: { readonly id: string }, { engine }: SessionContext): Promise<undefined> {
  await engine.delete(id)
}

function recordOf({ data, expires }: OldSession, now: number, rules: SessionContext['rules']): SessionRecord {
  const end = endOfSaved({ createdAt: now, expiry: undefined, user: undefined }, now, rules)
  return {
    // A store in memory may have handed out what JSON does not hold.
    data: JSON.parse(JSON.stringify(data)) as JsonObject,
    createdAt: now,
    ...(keepsSavedAt(rules) && { savedAt: now }),
    expires: Math.min(end, expires ?? end),
  }
}
