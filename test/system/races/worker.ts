/**
 * Another process at the same sessions. Arguments: a database URL, or other settings as JSON; then what to do:
 *
 *   increment ID TIMES    so many `transform`s at once, each in a session of its own opening
 *   set ID FIRST TIMES    sets so many keys at once, `key<FIRST>` and on, each in a session of its own opening
 *   late ID...            opens these sessions and prints "held"; when it hears of it, it writes to the first, counts
 *                         on in the second, rotates the third and so on, and prints how each ended
 *   people USER LANES     so many browsers at once log this user in and out, rotate, write, and end each other's sessions;
 *                         prints every id that any of them was ever given
 *   write TIMES           creates and rewrites sessions for ever; prints each id when its create was answered
 *
 * Without arguments it does one task after the other: each line of its input is one, as JSON. It prints "ready" when it
 * has opened the sessions, begins at the next line, and prints "done".
 */
import { createInterface } from 'node:readline'
import {
  openSessions,
  type Session,
  SessionInterrupted,
  type Sessions,
  type SessionsOptions,
} from '../../../src/lib/index.js'

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
let sessions: Sessions

/** Says what is the case and waits for the word to go on. */
async function told(what: string): Promise<void> {
  console.log(what)
  await input.next()
}

async function increment(id: string): Promise<void> {
  const session = await sessions.open(id)
  session.transform<string>('n', (n) => Number(n ?? 0) + 1)
  await session.save()
}

async function setKey(id: string, n: number): Promise<void> {
  const session = await sessions.open(id)
  session.set<string>(`key${n}`, n)
  await session.save()
}

async function actLate(ids: readonly string[]): Promise<void> {
  const held = await Promise.all(ids.map((id) => sessions.open(id)))
  await told('held')
  const acts: readonly ((session: Session) => unknown)[] = [
    (session) => session.set<string>('late', true),
    (session) => session.transform<string>('n', (n) => Number(n) + 1),
    (session) => session.cycleKey(),
  ]
  for (const [index, session] of held.entries()) {
    acts[index % acts.length]?.(session)
    console.log(
      await session.save().then(
        () => 'saved',
        (error: Error) => error.name,
      ),
    )
  }
}

async function writeForEver(lane: number): Promise<never> {
  for (let n = 0; ; n++) {
    const session = await sessions.open()
    session.set<string>('lane', lane).set<string>('text', String(n % 10).repeat(2000))
    await session.save()
    process.stdout.write(`${session.id}\n`)
    for (const letter of 'abcdefgh') {
      session.set<string>('text', letter.repeat(2000))
      await session.save()
    }
  }
}

/** One browser of a user who has others, and does at random what one can do with them. */
async function liveAs(userId: string): Promise<void> {
  let id: string | undefined
  for (let step = 0; step < 12; step++) {
    const session = await sessions.open(id)
    const { user } = session
    const chance = Math.random()
    try {
      if (user === undefined || chance < 0.2) session.login(userId)
      else if (chance < 0.45) session.cycleKey()
      else if (chance < 0.6) session.set<string>('step', step)
      else if (chance < 0.75) session.logout()
      else if (chance < 0.85) await sessions.revokeOthers(session)
      else if (chance < 0.9) await sessions.revokeAll(userId)
      else {
        const [oldest] = (await sessions.forUser(userId)).reverse()
        if (oldest) await sessions.revoke(userId, oldest.handle)
      }
      await session.save()
    } catch (error) {
      if (!(error instanceof SessionInterrupted)) throw error
    }
    id = session.id
    if (id !== undefined) console.log(id)
  }
}

/** So many at once. */
function all(times: string | undefined, go: (n: number) => Promise<unknown>): Promise<unknown> {
  return Promise.all(Array.from({ length: Number(times) }, (_, n) => go(n)))
}

const tasks: Readonly<Record<string, (...args: string[]) => Promise<unknown>>> = {
  increment: (id = '', times) => all(times, () => increment(id)),
  set: (id = '', first, times) => all(times, (n) => setKey(id, Number(first) + n)),
  late: (...ids) => actLate(ids),
  people: (userId = '', lanes) => all(lanes, () => liveAs(userId)),
  write: (times) => all(times, writeForEver),
}

async function work(where: string, task: string, args: readonly string[], ready = false): Promise<void> {
  const store: SessionsOptions = where.startsWith('{')
    ? JSON.parse(where)
    : { engine: 'db', databaseUrl: where }
  sessions = await openSessions({ engineTimeout: 20_000, ...store })
  if (ready) await told('ready')
  await tasks[task]?.(...args)
  await sessions.close()
}

const [where, task = '', ...args] = process.argv.slice(2)
if (where !== undefined) {
  await work(where, task, args)
  process.stdin.destroy()
} else {
  for (let line = await input.next(); !line.done; line = await input.next()) {
    const [where = '', task = '', ...args]: string[] = JSON.parse(line.value)
    await work(where, task, args, true)
    console.log('done')
  }
}
