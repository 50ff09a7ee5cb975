import type { ExecutionContext } from 'ava'
import type { Session } from '../../../src/lib/index.js'
import { serverSideEngines } from '../../support/engines.js'
import { testOf } from '../../support/test-of.js'
import { logIn, stageOf, stepByStep, type TwoActors } from './interleaving.js'

/** More calls than anything here makes. */
const MANY = 40
/** Seconds. */
const RENEW_AFTER = 600

interface Cast {
  readonly actors: TwoActors
  readonly userId: string
  /** The user's session elsewhere. */
  readonly elsewhere: Session
  /** The handle of the session that moves, where it has one from the beginning. */
  readonly handle: string
}

/** What a browser does to a session while somebody ends it. `id`: of the user's session, or of an anonymous one. */
const moves: Readonly<
  Record<
    string,
    {
      logsIn: boolean
      begin: 'nothing' | 'anonymous' | 'user'
      /** It is time for a new id when the request comes. Default: it is not. */
      isRenewal?: boolean
      act: (session: Session, userId: string) => unknown
    }
  >
> = {
  'a log-in of a new visitor': {
    logsIn: true,
    begin: 'nothing',
    act: (session, userId) => session.login(userId),
  },
  'a log-in from an anonymous session': {
    logsIn: true,
    begin: 'anonymous',
    act: (session, userId) => session.login(userId),
  },
  're-authentication': { logsIn: false, begin: 'user', act: (session, userId) => session.login(userId) },
  'a rotation': { logsIn: false, begin: 'user', act: (session) => session.cycleKey() },
  'a write': { logsIn: false, begin: 'user', act: (session) => session.set<string>('late', 1) },
  'a write with a renewal': {
    logsIn: false,
    begin: 'user',
    isRenewal: true,
    act: (session) => session.set<string>('late', 1),
  },
  'a log-out': { logsIn: false, begin: 'user', act: (session) => session.logout() },
  'a log-in of another user': {
    logsIn: false,
    begin: 'user',
    act: (session, userId) => session.login(`not ${userId}`),
  },
}

const endings: Readonly<Record<string, { spares: boolean; end: (cast: Cast) => Promise<unknown> }>> = {
  revoke: { spares: true, end: ({ actors, userId, handle }) => actors.quick.revoke(userId, handle) },
  revokeOthers: { spares: true, end: ({ actors, elsewhere }) => actors.quick.revokeOthers(elsewhere) },
  revokeAll: { spares: false, end: ({ actors, userId }) => actors.quick.revokeAll(userId) },
}

const slowEndings: Readonly<Record<string, (cast: Cast) => Promise<unknown>>> = {
  revoke: ({ actors, userId, handle }) => actors.slow.revoke(userId, handle),
  revokeOthers: ({ actors, elsewhere }) => actors.slow.revokeOthers(elsewhere),
  revokeAll: ({ actors, userId }) => actors.slow.revokeAll(userId),
}

async function cast(
  actors: TwoActors,
  begin: 'nothing' | 'anonymous' | 'user',
  isRenewal: boolean,
): Promise<{ cast: Cast; id: string | undefined }> {
  actors.forget()
  const userId = crypto.randomUUID()
  const elsewhere = await logIn(actors.quick, userId)
  const session = await actors.quick.open()
  session.set<string>('basket', 1)
  if (begin === 'user') session.login(userId)
  if (begin !== 'nothing') await session.save()
  if (isRenewal) actors.bench.now += RENEW_AFTER * 1000
  return { cast: { actors, userId, elsewhere, handle: session.handle ?? '' }, id: session.id }
}

async function assertTrue(
  t: ExecutionContext,
  { actors, userId }: Cast,
  at: string,
): Promise<readonly string[]> {
  const alive = await actors.alive(userId)
  t.deepEqual(await actors.listed(userId), alive, `${at}: listed and alive differ`)
  return alive
}

for (const stage of [...serverSideEngines.map(stageOf), stepByStep]) {
  for (const [title, { logsIn, begin, isRenewal = false, act }] of Object.entries(moves)) {
    const options = isRenewal ? { renewAfter: RENEW_AFTER } : {}
    testOf(
      stage,
      `S29 S31 ${title} that is overtaken by a revocation, at any of its calls, ends with it`,
      async (t) => {
        const actors = await stage.start(t, options)
        for (const [name, { spares, end }] of Object.entries(endings)) {
          if (name === 'revoke' && logsIn) continue
          let nth = 0
          for (; nth < MANY; nth++) {
            const { cast: all, id } = await cast(actors, begin, isRenewal)
            let wasAnnounced = false
            const ended = await actors.overtake(
              nth,
              async () => {
                const session = await actors.slow.open(id)
                act(session, all.userId)
                await session.save()
              },
              async () => {
                wasAnnounced = actors.passed.includes('index.write')
                await end(all)
                await assertTrue(t, all, `${name} before call ${nth}`)
              },
            )
            if (ended === undefined) break
            const at = `${name} before call ${nth}: ${ended}`
            const alive = await assertTrue(t, all, at)
            t.true(['done', 'SessionInterrupted'].includes(ended), at)
            const spared = spares ? [all.elsewhere.handle] : []
            // Whoever had not opened the session yet logs in afterwards, as a new visitor.
            const mayFollow = (logsIn && !wasAnnounced) || (title === 're-authentication' && nth === 0)
            const ofThisOne = alive.filter((handle) => handle !== all.elsewhere.handle)
            t.deepEqual(
              alive.filter((handle) => handle === all.elsewhere.handle),
              spared,
              at,
            )
            if (!mayFollow) t.deepEqual(ofThisOne, [], at)
            else t.is(ofThisOne.length, ended === 'done' ? 1 : 0, at)
          }
          t.true(nth > 0 && nth < MANY, `${name}: ${nth} calls`)
        }
      },
    )

    testOf(
      stage,
      `S29 S31 ${title} in the middle of a revocation, at any of its calls, is listed or over`,
      async (t) => {
        const actors = await stage.start(t, options)
        for (const [name, end] of Object.entries(slowEndings)) {
          if (name === 'revoke' && logsIn) continue
          let nth = 0
          for (; nth < MANY; nth++) {
            const { cast: all, id } = await cast(actors, begin, isRenewal)
            let moved: PromiseSettledResult<unknown> | undefined
            const ended = await actors.overtake(
              nth,
              () => end(all),
              async () => {
                const session = await actors.quick.open(id)
                act(session, all.userId)
                ;[moved] = await Promise.allSettled([session.save()])
              },
            )
            if (ended === undefined) break
            const at = `${title} before call ${nth} of ${name}, ${moved?.status}`
            t.is(ended, 'done', at)
            const alive = await assertTrue(t, all, at)
            if (!logsIn) t.false(alive.includes(all.handle), at)
            t.is(alive.includes(all.elsewhere.handle ?? ''), name !== 'revokeAll', at)
          }
          t.true(nth > 0 && nth < MANY, `${name}: ${nth} calls`)
        }
      },
    )

    testOf(
      stage,
      `S31 ${title} in the middle of a listing, at any of its calls, hides no session`,
      async (t) => {
        const actors = await stage.start(t, options)
        let nth = 0
        for (; nth < MANY; nth++) {
          const { cast: all, id } = await cast(actors, begin, isRenewal)
          const before = await actors.alive(all.userId)
          let listed: readonly string[] = []
          const ended = await actors.overtake(
            nth,
            async () => {
              listed = (await actors.slow.forUser(all.userId)).map(({ handle }) => handle)
            },
            async () => {
              const session = await actors.quick.open(id)
              act(session, all.userId)
              await session.save()
            },
          )
          if (ended === undefined) break
          const after = await assertTrue(t, all, `before call ${nth}`)
          for (const handle of before.filter((one) => after.includes(one)))
            t.true(listed.includes(handle), `before call ${nth}: a live session is not listed`)
          for (const handle of listed) t.true(before.includes(handle) || after.includes(handle))
        }
        t.true(nth > 1 && nth < MANY, `${nth} calls`)
      },
    )
  }

  for (const policy of ['evict-oldest', 'refuse-new'] as const) {
    testOf(
      stage,
      `S32 of two log-ins at once, at any of their calls, no more than the limit live (${policy})`,
      async (t) => {
        const actors = await stage.start(t, { maxSessionsPerUser: 1, maxSessionsPolicy: policy })
        for (const hasOne of [true, false]) {
          if (hasOne && policy === 'refuse-new') continue
          let nth = 0
          for (; nth < MANY; nth++) {
            const userId = crypto.randomUUID()
            if (hasOne) await logIn(actors.quick, userId)
            const ended = await actors.overtake(
              nth,
              () => logIn(actors.slow, userId),
              async () => {
                await logIn(actors.quick, userId).catch((error: Error) => t.is(error.name, 'TooManySessions'))
                t.true((await actors.alive(userId)).length <= 1, `before call ${nth}`)
              },
            )
            if (ended === undefined) break
            t.true(['done', 'SessionInterrupted', 'TooManySessions'].includes(ended), ended)
            const alive = await actors.alive(userId)
            t.is(alive.length, 1, `before call ${nth}: ${ended}`)
            t.deepEqual(await actors.listed(userId), alive)
          }
          t.true(nth > 2 && nth < MANY, `${nth} calls`)
        }
      },
    )
  }

  testOf(
    stage,
    'S29 a log-in that is stopped for longer than a key stays closed leaves when it wakes up',
    async (t) => {
      const actors = await stage.start(t)
      const userId = crypto.randomUUID()
      const outcomes: string[] = []
      let nth = 0
      for (; nth < MANY; nth++) {
        const ended = await actors.overtake(
          nth,
          () => logIn(actors.slow, userId),
          async () => {
            if (actors.passed.at(-1) === 'index.write') {
              await actors.quick.revokeAll(userId)
              actors.bench.now += 120_000
              await actors.quick.clearExpired()
            }
          },
        )
        if (ended === undefined) break
        outcomes.push(ended)
        if (ended === 'SessionInterrupted') t.deepEqual(await actors.alive(userId), [])
        t.deepEqual(await actors.listed(userId), await actors.alive(userId))
        await actors.quick.revokeAll(userId)
      }
      t.deepEqual(outcomes, ['done', 'done', 'SessionInterrupted'])
    },
  )

  testOf(
    stage,
    'S29 so does one that is stopped while it ends the log-in that is one too many',
    async (t) => {
      const actors = await stage.start(t, { maxSessionsPerUser: 1 })
      let nth = 0
      for (; nth < MANY; nth++) {
        actors.forget()
        const userId = crypto.randomUUID()
        await logIn(actors.quick, userId)
        let wasAnnounced = false
        const ended = await actors.overtake(
          nth,
          () => logIn(actors.slow, userId),
          async () => {
            wasAnnounced = actors.passed.includes('index.write')
            if (!wasAnnounced) return
            await actors.quick.revokeAll(userId)
            actors.bench.now += 120_000
            await actors.quick.clearExpired()
          },
        )
        if (ended === undefined) break
        const at = `before call ${nth}: ${ended}`
        t.deepEqual(await actors.listed(userId), await actors.alive(userId), at)
        if (wasAnnounced && actors.passed.includes('create')) t.is(ended, 'SessionInterrupted', at)
      }
      t.true(nth > 4 && nth < MANY, `${nth} calls`)
    },
  )
}
