import type { ExecutionContext } from 'ava'
import { acts, type Run } from './acts.js'
import type { Crew } from './crew.js'
import { type Part, play } from './play.js'
import type { Cut, Outcome } from './schedule.js'
import type { Actor } from './world.js'

/** Where the session is when the two begin. */
export type Start = 'in the old store' | 'moved, its list not' | 'moved' | 'on its way, left by a crash'

/** Milliseconds. */
const HOUR = 3_600_000

/**
 * Runs two acts, cut as told, and checks what must be true of a move afterwards:
 *
 * 1. At no moment both stores accept a write of one key (`Crew.wrongs`, which the stage looks for before each call).
 * 2. No visitor reads as nobody, and no session is lost: unless one of the two ended it, it is there, once.
 * 3. No update is lost: what a `write` or a `transform` that was answered has saved is there.
 * 4. No log-out is undone: what was ended is nowhere, for whichever process, also when everything has been moved.
 * 5. The user's list has exactly the sessions that are alive, for processes of either step.
 * 6. Nobody is refused but who changes a session that the other one ends or gives another id at the same moment.
 * 7. After a crash anybody can go on, and a mover leaves nothing in the old store: the configuration after the move
 *    finds all of it in the new one.
 *
 * Each was seen to fail with a fault put in by hand: no mark in the old store (1, 7), a mark put without comparing the
 * version (3), `moved` that leads nowhere for a process that prepares (2), a session removed from the old store, or on its
 * way, without a condition (4), tombstones in one store only (5), lists that are not reserved (1, 5), no look into the new
 * store after a refusal (6), a text that stays in the old store, or arrives as the session itself (7).
 *
 * Answers `undefined` if the first one has no such call, and whether the second one was stopped.
 */
export async function runOnce(
  t: ExecutionContext,
  crew: Crew,
  { first, second, start, cut }: { first: Part; second: Part; start: Start; cut: Cut },
): Promise<Pick<Outcome, 'wasSecondStopped'> | undefined> {
  const run = await setStage(crew, start)
  const played = await play(t, crew, { first, second, run, cut, title: start })
  if (played === undefined) return undefined
  const { outcome, parts, is } = played
  for (const { other, did: its } of parts) {
    const theirs = acts[other.name]
    if (its?.saw !== undefined && !theirs?.ends && !theirs?.rotates)
      is(its.saw === run.userId, `a visitor was ${its.saw}`)
  }

  const isEnded = parts.some(({ what, ended }) => what.ends && ended === 'done')
  const mayBeEnded = parts.some(({ what }) => what.ends)
  const isRotating = parts.some(({ what }) => what.rotates)
  const isRevoked = parts.some(({ name, ended }) => name.startsWith('revoke') && ended === 'done')
  const begun = parts.flatMap(({ did: its }) => its?.begun ?? [])
  const check = async (actor: Actor, when: string): Promise<void> => {
    // Whoever reads the list carries out what a revocation that crashed has begun.
    const listed = new Map<string, string>()
    for (const user of [run.userId, run.newcomer]) {
      const handles = (await actor.sessions.forUser(user)).map(({ handle }) => handle)
      listed.set(user, handles.sort().join())
    }
    const found = await aliveOf(actor, [run.id, ...crew.drawn])
    const its = found.filter(({ handle }) => handle === run.handle)
    const of = `${when}, for ${actor.role}`
    // A log-out of the id that a session has just left ends nothing, and says so to nobody.
    if (isRevoked || (isEnded && !isRotating))
      is(its.length === 0, `${of}: a session that was ended is there`)
    else if (!mayBeEnded) is(its.length === 1, `${of}: ${its.length} sessions where one should be`)
    else is(its.length <= 1, `${of}: ${its.length} sessions`)
    for (const { data } of its) {
      is(data.started === 1, `${of}: the session has lost its data`)
      for (const { name, ended, who } of parts)
        if (name === 'write' && ended === 'done')
          is(data[`written by ${who}`] === 1, `${of}: an update is lost`)
      const counts = parts.filter(({ name }) => name === 'transform')
      const done = counts.filter(({ ended }) => ended === 'done').length
      const most = done + counts.filter(({ ended }) => ended === 'stopped').length
      is(
        Number(data.count) >= done && Number(data.count) <= most,
        `${of}: ${data.count} of ${done} to ${most}`,
      )
    }
    for (const id of begun) {
      const isKept = parts.every(({ what, did: its }) => its?.begun === id || !what.endsAll)
      const isThere = found.some((one) => one.id === id)
      if (isKept) is(isThere, `${of}: the session that was begun is gone`)
    }
    for (const [user, handles] of listed) {
      const alive = found.flatMap((one) => (one.user === user ? [one.handle] : []))
      is(handles === [...new Set(alive)].sort().join(), `${of}: listed are ${handles}, alive ${alive}`)
    }
  }

  const onlyPrepared =
    start === 'in the old store' &&
    parts.every(({ actor }) => actor.role === 'old' || actor.role === 'prepare')
  for (const actor of onlyPrepared ? [crew.old, crew.prepare] : [crew.prepare, crew.move])
    await check(actor, 'at once')
  await crew.move.moveAll()
  for await (const page of crew.move.moving?.keys() ?? [])
    for (const key of page) is((await crew.move.moving?.find(key)) !== 'left', `something is left at ${key}`)
  await check(crew.alone, 'when all was moved')
  crew.world.now += HOUR
  for (const { sessions } of [crew.old, crew.alone]) await sessions.clearExpired()
  for (const actor of [crew.prepare, crew.move, crew.alone]) await check(actor, 'an hour later')
  crew.world.now -= HOUR
  return outcome
}

async function setStage(crew: Crew, start: Start): Promise<Run> {
  const userId = crypto.randomUUID()
  crew.drawn.length = 0
  crew.wrongs.length = 0
  const session = await crew.old.sessions.open()
  session.set('started', 1)
  session.set('count', 0)
  session.login(userId)
  await session.save()
  const { id = '', handle = '' } = session
  crew.drawn.length = 0
  if (start === 'on its way, left by a crash') await crash(crew, id)
  else if (start !== 'in the old store') await crew.move.sessions.open(id)
  if (start === 'moved') await crew.move.moveAll()
  return { userId, id, handle, newcomer: crypto.randomUUID(), expires: session.getExpiryDate().getTime() }
}

/** Of the calls with which a process moves a session that it reads: the one that would bring the text into the new store. */
const ARRIVAL = 7
/** Milliseconds after which a place that was kept is swept. */
const SWEPT_AFTER = 61_000

/** A process marks the session in the old store and ends. The place that it kept in the new one is swept. */
async function crash({ world, alone }: Crew, id: string): Promise<void> {
  const { gate, sessions } = await world.actor('move')
  const reached = gate.close(ARRIVAL)
  void sessions.open(id)
  await reached
  world.now += SWEPT_AFTER
  await alone.sessions.clearExpired()
}

interface Alive {
  readonly id: string
  readonly user: string
  readonly handle: string
  readonly data: Readonly<Record<string, unknown>>
}

async function aliveOf({ sessions }: Actor, ids: readonly string[]): Promise<Alive[]> {
  const alive: Alive[] = []
  for (const id of ids) {
    const loaded = await sessions.engine.load(id)
    if (loaded.kind !== 'found' || loaded.record.user === undefined) continue
    const { user, data } = loaded.record
    alive.push({ id, user: user.id, handle: user.handle, data })
  }
  return alive
}
