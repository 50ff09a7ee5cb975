import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'ava'
import { type Installed, installed } from '../../support/packed.js'
import { root } from '../../support/root.js'

let folder: Installed

test.before(async (t) => {
  t.timeout(120_000)
  folder = await installed(['koa'])
})

test.after.always(() => folder?.remove())

test('publint has nothing to say', async (t) => {
  const { code, stdout } = await folder.run(join(root, 'node_modules/.bin/publint'), [
    'run',
    folder.tarball,
    '--strict',
  ])
  t.is(code, 0, stdout)
})

test('types resolve wherever ES modules do, for every sub-path (attw)', async (t) => {
  const { code, stdout } = await folder.run(join(root, 'node_modules/.bin/attw'), [
    folder.tarball,
    '--config-path',
    join(root, '.attw.json'),
  ])
  t.is(code, 0, stdout)
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  for (const path of Object.keys(exports)) t.true(stdout.includes(`koa-tessera${path.slice(1)}`), path)
})

test('"go to definition" leads to TypeScript: each map of the types names a file that is in the package', async (t) => {
  const tessera = join(folder.directory, 'node_modules/koa-tessera')
  const paths = await readdir(join(tessera, 'dist'), { recursive: true })
  const types = paths.filter((path) => path.endsWith('.d.ts'))
  t.true(types.length > 100)
  for (const path of types) {
    const map = join(tessera, 'dist', `${path}.map`)
    const { sources } = JSON.parse(await readFile(map, 'utf8'))
    for (const source of sources) t.true((await stat(join(dirname(map), source))).isFile(), path)
  }
})

test('CommonJS requires it: no module of it waits at its top', async (t) => {
  await writeFile(
    join(folder.directory, 'app.cjs'),
    `const { openSessions } = require('koa-tessera')
    for (const path of Object.keys(require('koa-tessera/package.json').exports)) require('koa-tessera' + path.slice(1))
    const Koa = require('koa')
    async function main() {
      const sessions = await openSessions({ engine: 'file', filePath: 'sessions' })
      const app = new Koa()
      app.use(sessions.middleware())
      app.use(async (ctx) => {
        const session = await ctx.session
        session.set('visits', session.get('visits', 0) + 1)
        ctx.body = String(session.get('visits'))
      })
      const server = app.listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      const url = 'http://127.0.0.1:' + server.address().port
      const first = await fetch(url)
      const cookie = first.headers.get('set-cookie').split(';')[0]
      console.log(await first.text(), await (await fetch(url, { headers: { cookie } })).text())
      server.close()
      server.closeAllConnections()
      await sessions.close()
    }
    main()`,
  )
  const { stdout, stderr, code } = await folder.run(process.execPath, ['--no-warnings', 'app.cjs'])
  t.like({ stdout, stderr, code }, { stdout: '1 2\n', stderr: '', code: 0 })
})

test('importing it does nothing, as `sideEffects: false` tells bundlers', async (t) => {
  const before = `globalThis.before = [Object.getOwnPropertyNames(globalThis).length, process.listenerCount('exit')].join()
    const Koa = (await import('koa')).default
    const own = () => [Object.getOwnPropertyNames(new Koa().context), Object.getOwnPropertyNames(Koa.prototype)].join()
    const koa = own()
    await import('koa-tessera')
    console.log(globalThis.before === [Object.getOwnPropertyNames(globalThis).length - 1, process.listenerCount('exit')].join(), koa === own())`
  const { stdout } = await folder.run(process.execPath, ['--input-type=module', '-e', before])
  t.is(stdout, 'true true\n')
})

/** Bytes: a fifth more than when they were written down. Whoever raises one says why in the commit. */
const BUDGET = { packed: 860_000, unpacked: 3_300_000, dependencies: 8_800_000 }

test('the package, and what comes with it, stay small', async (t) => {
  const tessera = join(folder.directory, 'node_modules/koa-tessera')
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'))
  const found = new Map<string, number>()
  for (const path of closure(packages, ['koa-tessera', 'koa'])) {
    found.set(path.replace(/^.*node_modules\//, ''), await sizeOf(join(root, path)))
  }
  const sizes = {
    packed: (await stat(folder.tarball)).size,
    unpacked: await sizeOf(tessera),
    dependencies: [...found.values()].reduce((sum, size) => sum + size, 0),
  }
  const largest = [...found].sort(([, a], [, b]) => b - a).slice(0, 8)
  for (const [name, size] of Object.entries(sizes)) {
    const limit = BUDGET[name as keyof typeof BUDGET]
    t.true(size <= limit, `${name}: ${size} bytes of ${limit}; the largest: ${JSON.stringify(largest)}`)
  }
  t.log(sizes, largest)
})

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>
}

/** The places in node_modules of all that is installed with these, but for the package itself. */
function closure(packages: Readonly<Record<string, Locked>>, names: readonly string[]): Set<string> {
  const places = new Set<string>()
  const visit = (from: string, dependencies: Locked['dependencies'] = {}): void => {
    for (const name of Object.keys(dependencies)) {
      let place = ''
      for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
        place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
        if (place in packages || folder === '') break
      }
      if (places.has(place) || !(place in packages)) continue
      places.add(place)
      visit(place, packages[place]?.dependencies)
    }
  }
  for (const name of names) visit('', name === 'koa-tessera' ? packages['']?.dependencies : { [name]: '' })
  return places
}

/** Without what other packages have put inside. */
async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter(
    (entry) => entry.isFile() && !`${entry.parentPath}/`.slice(directory.length).includes('/node_modules/'),
  )
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
