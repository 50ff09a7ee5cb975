import type { ExecutionContext } from 'ava'
import { type Run, TOUCH } from './acts.js'
import type { Crew } from './crew.js'
import { type Part, type Played, play } from './play.js'
import type { Cut, Outcome } from './schedule.js'
import type { Actor } from './world.js'

/** Where the session is when the two begin. */
export type Start = 'where it was' | 'moved, and the answer was lost'

/** What differs between the places that sessions come from, or go to, which are no stores. */
export interface Kind {
  /** When the session is in cookies: then of two answers to one browser the last one stands. */
  readonly cookies: 'before' | 'afterwards' | 'never'
  /** Somebody is logged in. Beside Django that is Django's own business. */
  readonly hasUsers: boolean
}

export interface Visit {
  readonly first: Part
  readonly second: Part
  readonly start: Start
  readonly cut: Cut
  /** Done by a third process, once the first one is stopped: answers the id that its visitor has from then on. */
  readonly third?: {
    readonly when: 'before the second begins' | 'while both stand still'
    readonly act: (run: Run) => Promise<string | undefined>
  }
}

/** Milliseconds. */
const HOUR = 3_600_000
const WRITING = ['write', 'transform']
const CHANGING = [...WRITING, 'rotate', 'touch']

/**
 * Runs two acts, cut as told, on a session that moves when its visitor comes, and checks with each id that a browser may have
 * by then, old or new:
 *
 * 1. At no moment a process can write to the session in both places (`Crew.wrongs`).
 * 2. No visitor reads as nobody: unless one of the two ended it, each id leads to the session. After a new id was given that
 *    one does, and there is never more than one session.
 * 3. No update is lost that was answered, wherever the session is one row. Of cookies: the answer that has it leads to it. Only
 *    of two changes at one moment, one of them in a cookie, the last one may stand alone.
 * 4. No log-out is undone: what was ended is nowhere, with whichever id, at processes of both steps.
 * 5. The user's list has exactly the sessions that are alive, once they have moved.
 * 6. Nobody is refused but who changes what the other one ends or gives another id.
 * 7. After a crash whoever comes next finishes: the store alone has the session then.
 * 8. A touch that was answered counts. Not where the session leaves a store: there it changes no version, so whoever moves the
 *    session does not see it.
 *
 * Each was seen to fail with a fault put in by hand. Out of cookies and Django's table: no mark in the table (1); only who began
 * goes on after the claim (2, 7); a mark without a version, no look for what is newer, a newer cookie that does not take the
 * place of an older one (3); a log-out without a claim, or without a second look (4); no announcement, a cookie's version that is
 * taken for one of the store (5); a touch without a second look (8). Into cookies: no second look when loaded (2, 6); a cookie given
 * out after a revocation, cookies that outlive their mark (4); a log-out without a version, a refusal that is taken for an end (6).
 */
export async function runVisit(
  t: ExecutionContext,
  crew: Crew,
  kind: Kind,
  { first, second, start, cut, third }: Visit,
): Promise<Pick<Outcome, 'wasSecondStopped'> | undefined> {
  const run = await setStage(crew, kind, start)
  let thirds: string | undefined
  const played = await play(t, crew, {
    ...{ first, second, run, cut, title: start },
    ...(third && {
      third: {
        when: third.when,
        act: async () => {
          thirds = await third.act(run)
          return thirds
        },
      },
    }),
  })
  if (played === undefined) return undefined
  const { outcome, parts, is } = played

  const hasCopies = kind.cookies !== 'never'
  const isLeaving = kind.cookies === 'afterwards'
  const isRotating = parts.some(({ what }) => what.rotates)
  const mayBeEnded = parts.some(({ what }) => what.ends)
  // A revocation by name finds what is in the list.
  const isEnded = parts.some(
    ({ what, ended, name }) =>
      what.ends &&
      ended === 'done' &&
      (name === 'log-out' || (name === 'revokeAll' && isLeaving) || (start !== 'where it was' && !isLeaving)),
  )
  // Where an id that was left reads as unknown, a write with it begins another session.
  const changes = parts.filter(({ name, did }) => WRITING.includes(name) && did?.saw === run.userId)
  const rolesInStore = isLeaving ? 'prepare' : 'move'
  const mayLose =
    hasCopies &&
    parts.every(({ name }) => CHANGING.includes(name)) &&
    (parts.some(({ actor }) => actor.role !== rolesInStore) || (isLeaving && start !== 'where it was'))
  const answers = [...parts].sort(byWriting).flatMap(({ did }) => did?.id ?? [])
  const begun = parts.flatMap(({ did }) => did?.begun ?? [])
  const ids = [
    ...new Set([
      ...(thirds === undefined ? [] : [thirds]),
      ...(isLeaving ? [run.id, ...answers] : [...answers, run.id]),
      ...crew.drawn,
    ]),
  ].filter((id) => !begun.includes(id))

  let isSeen = isLeaving && third?.when === 'before the second begins'
  for (const { did, other } of parts) {
    const isOther = CHANGING.concat('log-out').includes(other.name)
    if (did?.saw !== undefined && !isOther && !mayBeEnded && !isSeen)
      is(did.saw === run.userId, `a visitor was ${did.saw}`)
  }
  const check = async (actor: Actor, when: string): Promise<void> => {
    const of = `${when}, for ${actor.role}`
    const isMoving = actor.role === 'move' && !isLeaving
    const places = new Set<string>()
    const handles = new Set<string>()
    let alive = 0
    // Whoever reads the list carries out what a revocation that crashed has begun.
    if (isMoving) await actor.sessions.forUser(run.userId)
    for (const id of ids) {
      const loaded = await actor.sessions.engine.load(id)
      const record = loaded.kind === 'found' ? loaded.record : undefined
      if (record?.data.visitor !== run.userId) {
        // Of what was drawn some went to another session, or to nothing.
        // An old id is dead once a cookie was seen that came of it.
        const mayBeDead = isLeaving && id === run.id && isSeen
        if (!mayBeEnded && !isRotating && !mayBeDead && !crew.drawn.includes(id))
          is(false, `${of}: ${named(id)} leads to nothing (${loaded.kind})`)
        continue
      }
      alive++
      if (id !== run.id) isSeen = true
      places.add(actor.sessions.engine.index?.keyOf(id) ?? id)
      if (record.user) handles.add(record.user.handle)
      is(!kind.hasUsers || record.user?.handle === run.handle, `${of}: nobody is logged in any more`)
      is(record.data.started === 1, `${of}: the session has lost its data`)
      const isHere = (answer: string | undefined): boolean => isMoving || !hasCopies || answer === id
      for (const { name, did, who } of changes) {
        // Nobody was given the new id of a rotation that crashed.
        const isOrphan =
          isRotating && crew.drawn.includes(id) && parts.some(({ ended }) => ended === 'stopped')
        if (mayLose || isOrphan || !isHere(did?.id) || (isRotating && hasCopies)) continue
        if (name === 'write')
          is(record.data[`written by ${who}`] === 1, `${of}: an update is lost with ${named(id)}`)
      }
      const counted = changes.filter(({ name }) => name === 'transform').length
      const isCounted = changes.every(({ did }) => isHere(did?.id))
      if (isCounted && !mayLose && !(isRotating && (hasCopies || crew.drawn.includes(id))))
        is(
          Number(record.data.count) >= counted,
          `${of}: ${record.data.count} of ${counted} with ${named(id)}`,
        )
      if (thirds !== undefined && isHere(thirds))
        is(record.data.third === 1, `${of}: the update of the third is lost`)
      const isTouched = parts.some(
        ({ did, other }) => did?.touched && isHere(did.id) && !CHANGING.includes(other.name),
      )
      if (isTouched && !isLeaving)
        is(record.expires >= run.expires + TOUCH, `${of}: a touch is lost with ${named(id)}`)
    }
    if (isEnded && !isRotating) is(alive === 0, `${of}: a session that was ended is there`)
    const isCut = isLeaving && parts.some(({ what, ended }) => what.rotates && ended === 'stopped')
    if (!mayBeEnded && !isCut) is(alive > 0, `${of}: the session is lost`)
    if (!isMoving) return
    // With a new id that a crash kept from its visitor there may be one that nobody can find.
    const mayBeTwo = isRotating && (hasCopies || parts.some(({ ended }) => ended === 'stopped'))
    is(places.size <= 1 || mayBeTwo, `${of}: the session is there ${places.size} times`)
    for (const key of places) {
      const loaded = await crew.alone.sessions.engine.index?.load(key)
      is(
        loaded?.kind === 'found' && loaded.record.data.visitor === run.userId,
        `${of}: the store alone has no session`,
      )
    }
    for (const id of begun) {
      const loaded = await actor.sessions.engine.load(id)
      const isKept = parts.every(({ what, did }) => did?.begun === id || !what.endsAll)
      if (isKept) is(loaded.kind === 'found', `${of}: the session that was begun is gone`)
      if (loaded.kind === 'found' && loaded.record.user?.id === run.userId)
        handles.add(loaded.record.user.handle)
    }
    const listed = (await actor.sessions.forUser(run.userId)).map(({ handle }) => handle)
    is(
      listed.sort().join() === [...handles].sort().join(),
      `${of}: listed are ${listed}, alive ${[...handles]}`,
    )
  }
  const named = (id: string): string =>
    id === run.id ? 'the old id' : id === thirds ? 'the answer of the third' : `answer ${answers.indexOf(id)}`

  await check(crew.prepare, 'at once')
  await check(crew.move, 'at once')
  await check(crew.prepare, 'when it has moved')
  crew.world.now += HOUR
  await crew.move.sessions.clearExpired()
  for (const actor of [crew.prepare, crew.move]) await check(actor, 'an hour later')
  crew.world.now -= HOUR
  return outcome
}

/** A browser has the cookie of the last answer. */
function byWriting(one: Played, other: Played): number {
  return Number(WRITING.includes(other.name)) - Number(WRITING.includes(one.name))
}

async function setStage(crew: Crew, { hasUsers }: Kind, start: Start): Promise<Run> {
  const userId = crypto.randomUUID()
  crew.wrongs.length = 0
  const session = await crew.old.sessions.open()
  session.set('started', 1)
  session.set('count', 0)
  session.set('visitor', userId)
  if (hasUsers) session.login(userId)
  await session.save()
  const { id = '', handle = '' } = session
  crew.drawn.length = 0
  if (start !== 'where it was') await crew.move.sessions.open(id)
  return { userId, id, handle, newcomer: crypto.randomUUID(), expires: session.getExpiryDate().getTime() }
}
