import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import test from 'ava'
import { conformanceCases, type Need } from '../../../src/lib/conformance/index.js'
import { codeIn } from '../../support/documents.js'
import { root } from '../../support/root.js'

const runProgram = promisify(execFile)

/** An application as somebody else would write it, in TypeScript. */
const application = `
import Koa from 'koa'
import { csrf, CsrfRefused, EngineUnavailable, loadSettings, openSessions, SessionInterrupted, SettingsError } from 'koa-tessera'

declare module 'koa-tessera' {
  interface SessionData { visits: number }
}

const sessions = await openSessions({ engine: 'cache', cookieAge: 60, clock: () => Date.now() })
const same = await openSessions(await loadSettings({ configDir: 'nowhere', env: { SESSION_ENGINE: 'cache' } }))
const app = new Koa()
app.use(sessions.middleware())
const { secretKey, secretKeyFallbacks } = await loadSettings({ configDir: 'nowhere', env: {} })
app.use(csrf({ secretKey, secretKeyFallbacks, exempt: (ctx) => ctx.path === '/hook', mode: 'enforce' }))
// @ts-expect-error a key there must be
export const without = () => csrf({})
app.use(async (ctx) => {
  const session = await ctx.session
  session.set('visits', session.get('visits', 0) + 1)
  const visits: number | undefined = session.get('visits')
  const other: unknown = session.get('other')
  // @ts-expect-error a key that is not declared is unknown, never any
  const wrong: number = session.get('other')
  // @ts-expect-error a declared key has its type
  session.set('visits', 'many')
  // @ts-expect-error an id is not to be chosen
  session.id = 'mine'
  ctx.body = [visits, other, wrong]
})

const session = await sessions.open()
session.transform('visits', (visits) => (visits ?? 0) + 1)
await session.save()
const again = await sessions.open(session.id)
const fault: unknown = await openSessions({ cookieAge: -1 }).catch((error: unknown) => error)
console.log(again.get('visits'), sessions.engine.name, same.engine.name, fault instanceof SettingsError)
console.log(new SessionInterrupted().status, new EngineUnavailable('down').status, typeof app.callback())
console.log(typeof CsrfRefused, CsrfRefused.name)
await Promise.all([sessions.close(), same.close()])
`

/** An application in production that has neither a folder `config` nor options for it. */
const production = `
import Koa from 'koa'
import { csrf, openSessions, type Sessions } from 'koa-tessera'

const logger = { warn: () => {}, error: () => {} }

async function cookieOf(sessions: Sessions): Promise<string> {
  const app = new Koa()
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    const session = await ctx.session
    session.set('n', 1)
    ctx.body = 'ok'
  })
  const server = app.listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const answer = await fetch(\`http://127.0.0.1:\${port}/\`)
  server.close()
  server.closeAllConnections()
  await sessions.close()
  return answer.headers.get('Set-Cookie')?.replace(/=\\w{32}|Max-Age=\\d+; |Expires=[^;]+; /g, '') ?? 'none'
}

console.log(await cookieOf(await openSessions({ engine: 'cache', logger })))
console.log(await cookieOf(await openSessions({ engine: 'cache', logger, cookieName: 'sid', cookieSecure: 'auto' })))
console.log(await cookieOf(await openSessions({ engine: 'cache', logger, environment: 'development' })))
const refused = async (open: () => unknown) => {
  try {
    await open()
    return 'accepted'
  } catch (error) {
    return /is shorter than 32 characters/.test(String(error)) ? 'refused' : String(error)
  }
}
console.log(await refused(() => openSessions({ engine: 'signed_cookies', secretKey: 'x', logger })))
console.log(await refused(() => csrf({ secretKey: 'x', logger })))
`

/** An application whose engine is chosen in the environment. */
const chosen = `
import { loadSettings, openSessions } from 'koa-tessera'

const sessions = await openSessions(await loadSettings({ configDir: 'nowhere' }))
const [here, there] = [await sessions.open(), await sessions.open()]
for (const session of [here, there]) {
  session.login('ada')
  await session.save()
}
console.log(sessions.engine.name, (await sessions.forUser('ada')).length, await sessions.revokeOthers(here))
console.log((await sessions.open(here.id)).user, (await sessions.open(there.id)).user)
await sessions.close()
`

let directory = ''
let packed: readonly string[] = []

/** Installs what `npm pack` makes, once, as `npm install` does but for the network. */
test.before(async (t) => {
  t.timeout(120_000)
  directory = await mkdtemp(join(tmpdir(), 'tessera-'))
  await runProgram('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: root })
  const [tarball = ''] = await readdir(directory)
  const modules = join(directory, 'node_modules')
  await mkdir(modules)
  await runProgram('tar', ['-xzf', join(directory, tarball), '-C', modules])
  await runProgram('mv', [join(modules, 'package'), join(modules, 'koa-tessera')])
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) await symlink(join(root, 'node_modules', name), join(modules, name))
  }
  packed = await readdir(join(modules, 'koa-tessera'), { recursive: true })

  await writeFile(join(directory, 'package.json'), '{ "type": "module" }')
  await writeFile(join(directory, 'app.ts'), application)
  await writeFile(join(directory, 'production.ts'), production)
  await writeFile(join(directory, 'chosen.ts'), chosen)
  for (const name of ['my-store.js', 'my-store.test.js'])
    await writeFile(join(directory, name), codeIn('docs/engines.md', name))
  // As strictly as there is.
  const strict = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--types', 'node']
  const checked = ['app.ts', 'production.ts', 'chosen.ts', '--allowJs', '--checkJs', 'my-store.js']
  const compile = [...strict, '--outDir', 'compiled', ...checked]
  await runProgram(join(root, 'node_modules/.bin/tsc'), compile, { cwd: directory })
})

test.after.always(() => rm(directory, { recursive: true, force: true }))

/** Runs a file of the directory; answers the exit code and what it printed. */
async function run(name: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; stdout: string }> {
  const child = spawn(process.execPath, ['--test-reporter=tap', name], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { code, stdout }
}

test.serial('what npm packs holds the library and nothing of the server', (t) => {
  t.deepEqual(packed.filter((path) => !path.includes('/')).sort(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist',
    'package.json',
    'src',
  ])
  t.deepEqual(
    packed.filter((path) => /server|demos|inspector|process\/|app\.|tsbuildinfo/.test(path)),
    [],
  )
})

test.serial('every file in it can be reached from what package.json exports', async (t) => {
  const tessera = join(directory, 'node_modules/koa-tessera')
  const { exports, bin } = JSON.parse(await readFile(join(tessera, 'package.json'), 'utf8'))
  const entries = [...Object.values(exports), bin].flatMap((entry) =>
    typeof entry === 'object' ? Object.values(entry ?? {}) : [],
  )
  const reached = new Set(entries.map((path) => normalize(String(path))))
  for (const path of reached) {
    const code = await readFile(join(tessera, path), 'utf8')
    for (const [, specifier = ''] of code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)['"]/g)) {
      const imported = normalize(join(dirname(path), specifier))
      reached.add(path.endsWith('.d.ts') ? imported.replace(/\.js$/, '.d.ts') : imported)
    }
  }
  // The types of a module come with its code, whether or not somebody's types name them.
  const modules = new Set([...reached].map(moduleOf))
  t.true(modules.size > 50)
  t.deepEqual(
    packed.filter((path) => /^dist\/.*\.\w+$/.test(path) && !modules.has(moduleOf(path))),
    [],
  )
})

const moduleOf = (path: string): string => path.replace(/(\.d\.ts|\.d\.ts\.map|\.js)$/, '')

test.serial('it can be compiled against and run', async (t) => {
  const { code, stdout } = await run('compiled/app.js')
  t.is(stdout, '1 cache cache true\n400 503 function\nfunction CsrfRefused\n')
  t.is(code, 0)
})

test.serial('in production it protects an application that has no files and gives no options', async (t) => {
  const { code, stdout } = await run('compiled/production.js', { NODE_ENV: 'production' })
  t.deepEqual(stdout.trimEnd().split('\n'), [
    '__Host-sessionid; Path=/; HttpOnly; Secure; SameSite=Lax',
    'sid; Path=/; HttpOnly; SameSite=Lax',
    'sessionid; Path=/; HttpOnly; SameSite=Lax',
    'refused',
    'refused',
  ])
  t.is(code, 0)
})

test.serial(
  'the store of docs/engines.md proves itself with its test: all is kept but what cannot apply',
  async (t) => {
    const lines = codeIn('docs/engines.md', 'my-store.js').trimEnd().split('\n')
    t.true(lines.length <= 60, `${lines.length} lines`)
    const { code, stdout } = await run('my-store.test.js')
    t.deepEqual(stdout.match(/^not ok .*/gm), null)
    t.is(code, 0)
    t.is(stdout.match(/^ok /gm)?.length, conformanceCases.length)
    // It keeps sessions, and memory is never down.
    const cannotApply = new Set<Need>(['inCookie', 'revocations', 'anchorOf', 'takeDown'])
    const expected = conformanceCases.filter(({ needs = [] }) => needs.some((need) => cannotApply.has(need)))
    t.is(stdout.match(/^ok .* # SKIP .*/gm)?.length, expected.length)
    t.regex(stdout, /^ok .*while the store is down .* # SKIP the store has no `takeDown`$/m)
  },
)

test.serial('where it looks at no version it is caught, by name', async (t) => {
  const store = codeIn('docs/engines.md', 'my-store.js')
  const careless = store.replaceAll(/\?\.version !== version/g, ' === undefined')
  t.not(careless, store)
  await writeFile(join(directory, 'my-store.js'), careless)
  const { code, stdout } = await run('my-store.test.js')
  await writeFile(join(directory, 'my-store.js'), store)
  t.not(code, 0)
  const failed = stdout.match(/^not ok \d+ - .*/gm)?.map((line) => line.replace(/^not ok \d+ - /, ''))
  t.like(failed, [
    'the store: `replace` is done if the session is alive and has the version, and otherwise changes nothing',
    'the store: of `replace`s of one version at the same moment one is done',
  ])
  t.regex(stdout, /`replace` must answer false where the session has another version/)
})

test.serial('SESSION_ENGINE may name the module', async (t) => {
  const { code, stdout } = await run('compiled/chosen.js', { SESSION_ENGINE: './my-store.js' })
  t.is(stdout, 'my-store 2 1\nada undefined\n')
  t.is(code, 0)
})
