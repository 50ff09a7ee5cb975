import assert from 'node:assert/strict'
import type { SessionRecord } from '../../../src/lib/index.js'
import { USERS } from './actions.js'
import type { Request, Saved, User, World } from './model.js'
import { follow, type Happened, type Script, type Stage, toldIn } from './stage.js'

/** What the model knows besides the sessions. */
export interface Model {
  readonly world: World
  /** The cookies of three browsers. */
  readonly jars: (string | undefined)[]
  /** The handles of log-ins, as the store gave them away first. */
  readonly handles: Map<number, string>
  /** Milliseconds before a moment at which nothing may be written, where the store counts down in real time. */
  readonly backoff: number
}

/** The model does what was done, and both must agree on the answer. Answers the id that the browser has now. */
export function compare(request: Request, script: Script, happened: Happened): string | undefined {
  const expected = follow(request, script, happened)
  assert.deepEqual({ status: happened.answer.status, told: toldIn(happened) }, expected)
  assert.deepEqual(happened.revoked, request.revoked, 'how many sessions were revoked')
  assert.deepEqual(happened.taken, request.taken, 'which flash messages were taken')
  if (expected.told === 'nothing') return script.id
  return expected.told === 'removal' ? undefined : expected.told.id
}

/** The same, and both must agree on what is stored, and on whose sessions there are. */
export async function compareAll(
  model: Model,
  stage: Stage,
  request: Request,
  script: Script,
  happened: Happened,
): Promise<string | undefined> {
  const after = compare(request, script, happened)
  await compareStored(model, stage, [script.id, ...happened.saved, after])
  return after
}

/**
 * What the store holds under these ids is what the model says: alive with this data, this user and this end, moved, or
 * dead; and of every user those sessions are listed that live, no more and no fewer (S31).
 */
export async function compareStored(
  model: Model,
  stage: Stage,
  ids: Iterable<string | undefined>,
): Promise<void> {
  await takeOverMarks(model, stage)
  for (const id of new Set(ids)) if (id !== undefined) await compareOne(model, stage, id)
  if (!model.world.rules.inCookie) for (const user of USERS) await compareListed(model, stage, user)
}

async function compareOne(model: Model, stage: Stage, id: string): Promise<void> {
  const loaded = await stage.site.stored(id)
  const found = model.world.find(id)
  if (loaded.kind === 'found' && typeof found === 'object') learnHandle(model, found.user, loaded.record)
  const held = loaded.kind === 'found' ? withoutRenewal(loaded.record) : loaded.kind
  const expected = found === undefined ? 'missing' : found === 'superseded' ? found : recordOf(model, found)
  assert.deepEqual(held, expected)
}

async function compareListed({ world, handles }: Model, stage: Stage, userId: string): Promise<void> {
  const listed = await stage.site.sessions.forUser(userId)
  const live = world.idsOf(userId).map((id) => {
    const { createdAt, user } = world.find(id) as Saved
    return { handle: handles.get(user?.logIn ?? -1), createdAt, authenticatedAt: user?.authenticatedAt }
  })
  const told = listed.map(({ handle, createdAt, authenticatedAt }) => ({
    handle,
    createdAt: createdAt.getTime(),
    authenticatedAt: authenticatedAt.getTime(),
  }))
  assert.deepEqual(inOrder(told), inOrder(live), `S31: ${userId} has other sessions than are listed`)
}

function inOrder<Each extends { readonly handle: string | undefined }>(list: readonly Each[]): Each[] {
  return [...list].sort((a, b) => (String(a.handle) < String(b.handle) ? -1 : 1))
}

/** A log-in bears one handle from its beginning to its end, and no other log-in does. */
function learnHandle({ handles }: Model, of: User | undefined, { user }: SessionRecord): void {
  if (of === undefined || user === undefined || handles.has(of.logIn)) return
  assert.ok(![...handles.values()].includes(user.handle), 'another log-in has that handle')
  handles.set(of.logIn, user.handle)
}

/** When an id was given is no promise to anybody. */
function withoutRenewal({ renewedAt: _, ...record }: SessionRecord): object {
  return record
}

function recordOf({ world, handles }: Model, saved: Saved): object {
  const { data, createdAt, expires, expiry, savedAt, user } = saved
  const { idleTimeout, absoluteTimeout } = world.rules
  const isCapped = idleTimeout !== undefined || absoluteTimeout !== undefined
  return {
    data: Object.fromEntries(data),
    createdAt,
    expires,
    ...(expiry && {
      expiry: 'moment' in expiry ? new Date(expiry.moment).toISOString() : expiry.seconds,
    }),
    ...(isCapped && { savedAt }),
    ...(user && {
      user: {
        id: user.id,
        handle: handles.get(user.logIn),
        authenticatedAt: user.authenticatedAt,
      },
    }),
  }
}

/** Where a revocation found nothing it may have left a mark, so that nobody moves in there: see `SessionIndex.evict`. */
async function takeOverMarks({ world }: Model, stage: Stage): Promise<void> {
  for (const id of world.lookedAt)
    if ((await stage.site.stored(id)).kind === 'superseded') world.leaveMark(id)
  world.lookedAt.clear()
}
