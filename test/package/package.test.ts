import { execFile } from 'node:child_process'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { temporaryDirectory } from '../helpers/server-process.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))

/** An application as somebody else would write it, in TypeScript. */
const application = `
import Koa from 'koa'
import { EngineUnavailable, loadSettings, openSessions, SessionInterrupted, SettingsError } from 'tessera'

declare module 'tessera' {
  interface SessionData { visits: number }
}

const sessions = await openSessions({ engine: 'cache', cookieAge: 60, clock: () => Date.now() })
const same = await openSessions(await loadSettings({ configDir: 'nowhere', env: { SESSION_ENGINE: 'cache' } }))
const app = new Koa()
app.use(sessions.middleware())
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
await Promise.all([sessions.close(), same.close()])
`

test('what npm packs can be installed, compiled against and run, and holds nothing of the server', async (t) => {
  t.timeout(120_000)
  const directory = await temporaryDirectory(t)
  await run('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: root })
  const [tarball = ''] = await readdir(directory)
  const modules = join(directory, 'node_modules')
  await mkdir(modules)
  await run('tar', ['-xzf', join(directory, tarball), '-C', modules])
  await run('mv', [join(modules, 'package'), join(modules, 'tessera')])
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) await symlink(join(root, 'node_modules', name), join(modules, name))
  }

  const packed = await readdir(join(modules, 'tessera'), { recursive: true })
  t.deepEqual(packed.filter((path) => !path.includes('/')).sort(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist',
    'package.json',
  ])
  t.deepEqual(
    packed.filter((path) => /server|demos|process\/|app\.|tsbuildinfo/.test(path)),
    [],
  )

  await writeFile(join(directory, 'package.json'), '{ "type": "module" }')
  await writeFile(join(directory, 'app.ts'), application)
  const strict = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--types', 'node']
  await run(join(root, 'node_modules/.bin/tsc'), [...strict, 'app.ts'], { cwd: directory })
  const { stdout } = await run(process.execPath, ['app.js'], { cwd: directory })
  t.is(stdout, '1 cache cache true\n400 503 function\n')
})
