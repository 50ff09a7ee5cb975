import { execFile } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { build } from 'esbuild'
import { root } from '../../support/root.js'
import { temporaryDirectory } from '../../support/server-process.js'

const run = promisify(execFile)

const ADAPTERS = ['@keyv/redis', '@keyv/sqlite', '@keyv/postgres', '@keyv/mysql']

/** Opens the memory, and then one engine on each of the adapters. */
const application = `
import { openSessions } from './build/src/lib/index.js'

async function main() {
const logger = { warn: () => {}, error: () => {} }
const sessions = await openSessions({ engine: 'cache', logger })
const session = await sessions.open()
session.set('n', 1)
await session.save()
console.log((await sessions.open(session.id)).get('n'))
await sessions.close()
const others = [
  { engine: 'redis' },
  { engine: 'db', databaseUrl: 'sqlite::memory:' },
  { engine: 'db', databaseUrl: 'postgres://127.0.0.1:1/app' },
  { engine: 'db', databaseUrl: 'mysql://127.0.0.1:1/app' },
]
for (const options of others) {
  console.log(await openSessions({ ...options, logger }).catch(({ name, message }) => name + ': ' + message))
}
}
main()
`

// What of the dependencies is CommonJS asks for Node's modules with require.
const REQUIRE =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url)"

for (const [format, extension, banner] of [
  ['esm', 'mjs', { js: REQUIRE }],
  ['cjs', 'cjs', {}],
] as const) {
  test(`bundled into one file (${format}), without the adapters, each engine asks for its own adapter and \`cache\` for none`, async (t) => {
    const outfile = join(await temporaryDirectory(t), `app.${extension}`)
    await build({
      stdin: { contents: application, resolveDir: root },
      outfile,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'silent',
      external: [...ADAPTERS],
      banner,
    })
    const { stdout } = await run(process.execPath, [outfile])
    const [count, ...others] = stdout.trimEnd().split('\n')
    t.is(count, '1')
    t.is(others.length, ADAPTERS.length)
    for (const [n, adapter] of ADAPTERS.entries())
      t.true(
        others[n]?.startsWith('EngineMisconfigured') && others[n]?.endsWith(`npm install ${adapter}`),
        others[n],
      )
  })
}

test('where a driver is installed without its adapter, the engine finds it', async (t) => {
  const directory = await temporaryDirectory(t)
  const outfile = join(directory, 'app.mjs')
  const contents = `
    import { openSessions } from './build/src/lib/index.js'
    const sessions = await openSessions({ engine: 'db', databaseUrl: 'sqlite::memory:?driver=sqlite3' })
    const session = await sessions.open()
    session.set('n', 1)
    await session.save()
    console.log((await sessions.open(session.id)).get('n'))
    await sessions.close()`
  await build({
    stdin: { contents, resolveDir: root },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    external: ADAPTERS,
    banner: { js: REQUIRE },
  })
  await mkdir(join(directory, 'node_modules'))
  await symlink(join(root, 'node_modules/sqlite3'), join(directory, 'node_modules/sqlite3'))
  const { stdout } = await run(process.execPath, [outfile])
  t.is(stdout.trim(), '1')
})
