import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { scenes } from '../../../scripts/walkthrough/scenes/index.js'
import { openSessions } from '../../../src/lib/index.js'
import { walkthroughs } from '../../../src/site/demos/walkthroughs.js'
import { freePort } from '../../support/servers/machine.js'
import { Script } from './script.js'

// One directory for temporary files, and one script after the other: each would compile the same again.
const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
test.after.always(() => rm(directory, { recursive: true, force: true }))

/** `npm run walkthrough`. */
function walkthrough(t: ExecutionContext, args: readonly string[], env: Record<string, string> = {}): Script {
  return new Script(t, 'walkthrough', args, { TMPDIR: directory, ...env })
}

/** What scripts have left among the temporary files. */
async function left(): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith('tessera-'))
}

const lines = (text: string): string[] => text.trimEnd().split('\n')

test('every walkthrough of the path has its scene, in the path’s order', (t) => {
  t.deepEqual(
    scenes.map(({ slug }) => slug),
    walkthroughs.map(({ slug }) => slug),
  )
})

for (const engine of ['cache', 'signed_cookies']) {
  test.serial(`${engine}: all do as they say, in lines that fit, and nothing is left behind`, async (t) => {
    const script = walkthrough(t, ['--fast', '--engine', engine])
    const { code, stdout, stderr } = await script.end()
    t.is(code, 0, stdout)
    t.is(stderr, '')
    t.regex(
      lines(stdout).at(-1) ?? '',
      new RegExp(`✓ ${walkthroughs.length} walkthroughs on ${engine}, \\d+ requests, \\d+ checks:`),
    )
    for (const { title } of walkthroughs) t.true(lines(stdout).includes(`▗▞ ${title}`), title)
    t.deepEqual(
      lines(stdout).filter((line) => line.length > 80),
      [],
    )
    t.deepEqual(await left(), [])
  })
}

for (const [engine, name] of [
  ['cache', 'sessionid'],
  ['signed_cookies', 'somebody'],
] as const) {
  test.serial(`${engine}: --json is one object a line, in which nothing opens anything`, async (t) => {
    const args = ['--json', '--only', 'cart', 'log-in', '--engine', engine]
    const script = walkthrough(t, args, { COOKIE_NAME: name })
    const { code, stdout } = await script.end()
    t.is(code, 0, stdout)
    const events = lines(stdout).map((line): Record<string, unknown> => JSON.parse(line))
    t.like(events[0], { kind: 'scene', slug: 'cart' })
    t.like(events.at(-1), { kind: 'end', engine, played: 2, failed: [] })
    const values = [...stdout.matchAll(new RegExp(`"name":"(?:${name}|csrftoken)","value":"([^"]*)"`, 'g'))]
    t.true(values.length > 20)
    for (const [, value = ''] of values) t.regex(value, /^(#[0-9a-f]{8}…)?$/)
    // Ids, sealed and signed cookies, form tokens, hashes: all are longer than what else is said here.
    t.notRegex(stdout.replace(/"value":"%7B[^"]*"/g, '').replace(/cart=%7B[^";]*/g, ''), /[\w.-]{32}/)
  })
}

test.serial('a step that does not do what it says ends its scene, and the exit code is 1', async (t) => {
  const args = ['--fast', '--engine', 'cache', '--only', 'set-get-delete', 'library']
  const script = walkthrough(t, args, { COOKIE_AGE: '1' })
  const { code, stdout } = await script.end()
  t.is(code, 1)
  t.regex(stdout, /✗ the page says: Hello, Ada\n {6}but: Session has expired\n/)
  t.regex(stdout, /You have visited this page 3 times/, 'the others are played all the same')
  t.regex(lines(stdout).at(-1) ?? '', /✗ 2 walkthroughs on cache, .*: failed in set-get-delete$/)
})

for (const [args, problem] of [
  [['--fats'], /^error: unknown option '--fats'/],
  [
    ['--only', 'card'],
    /^error: option '--only <slug...>' argument 'card' is invalid\. Allowed choices are one-request, /,
  ],
  [['--engine', 'rediss'], /^error: option '--engine <name>' argument 'rediss' is invalid/],
  [['cart'], /^error: too many arguments/],
] as const) {
  test.serial(`${args.join(' ')}: what is wrong is told, and nothing is played`, async (t) => {
    const { code, stdout, stderr } = await walkthrough(t, args).end()
    t.deepEqual([code, stdout], [1, ''])
    t.regex(stderr, problem)
  })
}

test.serial('a store that is down is told in one line', async (t) => {
  const env = { REDIS_URL: `redis://127.0.0.1:${await freePort()}` }
  const script = walkthrough(t, ['--fast', '--engine', 'redis'], env)
  const { code, stdout, stderr } = await script.end()
  t.deepEqual([code, stdout], [1, ''])
  t.is(lines(stderr).length, 1)
  t.regex(stderr, /^The sessions cannot be opened: .*ECONNREFUSED/)
  t.deepEqual(await left(), [])
})

test.serial('Ctrl-C ends it in order', async (t) => {
  const script = walkthrough(t, ['--engine', 'db'])
  await script.says('→ GET')
  t.is((await left()).length, 1)
  script.child.kill('SIGINT')
  const { code, stderr } = await script.end()
  t.deepEqual([code, stderr], [130, ''])
  t.deepEqual(await left(), [])
})

test.serial('whoever has seen enough may hang up', async (t) => {
  const script = walkthrough(t, ['--fast', '--engine', 'db'])
  await script.says('Tessera')
  script.child.stdout?.destroy()
  const { code, stderr } = await script.end()
  t.deepEqual([code, stderr], [0, ''])
  t.deepEqual(await left(), [])
})

test.serial('nobody else’s sessions are touched, though weeks pass', async (t) => {
  const databaseUrl = `sqlite:${join(directory, 'shared.sqlite')}`
  const sessions = await openSessions({ engine: 'db', databaseUrl })
  t.teardown(() => sessions.close())
  const session = await sessions.open(undefined)
  session.set('name', 'Ada')
  await session.save()
  const env = { DATABASE_URL: databaseUrl }
  const { code, stdout } = await walkthrough(t, ['--fast', '--only', 'methods', 'lifetime'], env).end()
  t.is(code, 0, stdout)
  t.is((await sessions.open(session.id)).get('name'), 'Ada')
})

test.serial('the stories come true under settings that would tell others, in production too', async (t) => {
  const args = ['--fast', '--engine', 'cache', '--only', 'cart', 'set-get-delete', 'nested-change', 'engines']
  const { code, stdout } = await walkthrough(t, args, {
    NODE_ENV: 'production',
    SECRET_KEY: 'a secret of the tests, and of nobody else',
    EXPIRE_AT_BROWSER_CLOSE: 'true',
    NESTED_CHANGES: 'ignore',
    SAVE_EVERY_REQUEST: 'true',
  }).end()
  t.is(code, 0, stdout)
})
