/**
 * Another process at the same sessions. Arguments: a database URL, or other settings as JSON; then what to do:
 *
 *   increment ID TIMES    so many `transform`s at once, each in a session of its own opening; prints "done"
 *   write TIMES           creates and rewrites sessions for ever; prints each id when its create was answered
 */
import { openSessions, type SessionsOptions } from '../../src/index.js'

const [where = '', task, ...rest] = process.argv.slice(2)
const store: SessionsOptions = where.startsWith('{')
  ? JSON.parse(where)
  : { engine: 'db', databaseUrl: where }
const sessions = await openSessions({ engineTimeout: 20_000, ...store })

async function increment(id: string): Promise<void> {
  const session = await sessions.open(id)
  session.transform<string>('n', (n) => Number(n ?? 0) + 1)
  await session.save()
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

if (task === 'increment') {
  const [id = '', times] = rest
  await Promise.all(Array.from({ length: Number(times) }, () => increment(id)))
  await sessions.close()
  console.log('done')
} else {
  await Promise.all(Array.from({ length: Number(rest[0]) }, (_, lane) => writeForEver(lane)))
}
