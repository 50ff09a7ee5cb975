import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import test from 'ava'
import { root } from './support/root.js'

const src = join(root, 'src')

/** From the ground up; a file imports from its own floor or below. Folders end in a slash. */
const floors: readonly (readonly string[])[] = [
  ['lib/logger.ts', 'lib/codecs/', 'lib/session/errors.ts', 'lib/session/events.ts'],
  ['lib/engines/', 'lib/tracing.ts'],
  ['lib/users/'],
  ['lib/session/'],
  ['lib/middleware/', 'lib/csrf/'],
  ['lib/settings/'],
  ['lib/open-sessions.ts', 'lib/sessions.ts'],
  [
    'lib/index.ts',
    'lib/internal.ts',
    'lib/conformance/',
    'lib/passport/',
    'lib/koa-session/',
    'lib/read-through/',
    'lib/testing/',
  ],
  ['lib/commands/'],
  ['site/root.ts', 'site/settings.ts', 'site/log.ts'],
  ['site/middleware/'],
  ['site/inspector/'],
  ['site/demos/'],
  ['site/app.ts'],
  ['site/process/', 'site/server.ts'],
]

/** The only code that knows these packages. */
const only: Readonly<Record<string, readonly string[]>> = {
  koa: [
    'lib/middleware/',
    'lib/csrf/',
    'lib/open-sessions.ts',
    'lib/sessions.ts',
    'lib/passport/',
    'lib/koa-session/',
    'site/',
  ],
  '@koa/router': ['site/demos/', 'site/app.ts'],
  keyv: ['lib/engines/'],
  '@keyv/sqlite': ['lib/engines/db/'],
  '@keyv/postgres': ['lib/engines/db/'],
  '@keyv/redis': ['lib/engines/redis/'],
  'lru-cache': [
    'lib/codecs/',
    'lib/engines/',
    'lib/session/',
    'lib/users/',
    'site/inspector/',
    'site/demos/labs/',
  ],
  'highlight.js': ['site/inspector/'],
  sqlite3: ['site/demos/library/'],
  pino: ['site/log.ts', 'site/process/'],
  'prom-client': ['site/middleware/'],
  commander: ['lib/commands/'],
  config: ['lib/settings/'],
  zod: ['site/demos/'],
  cookie: ['lib/middleware/', 'site/inspector/', 'site/demos/kit/', 'site/demos/predictions/'],
}

interface File {
  readonly path: string
  readonly imports: readonly string[]
}

async function sourceFiles(folder = src): Promise<File[]> {
  const all = await readdir(folder, { recursive: true })
  const paths = all.filter((path) => path.endsWith('.ts') && !path.includes('node_modules'))
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(folder, path), 'utf8')
      const imports = [...text.matchAll(/(?:\bfrom|\bimport|\bdriverOf)\s*\(?\s*'([^']+)'/g)].map(
        ([, specifier = '']) =>
          specifier.startsWith('.')
            ? normalize(join(dirname(path), specifier)).replace(/\.js$/, '.ts')
            : specifier,
      )
      return { path, imports }
    }),
  )
}

const isIn = (places: readonly string[], path: string): boolean =>
  places.some((place) => path === place || (place.endsWith('/') && path.startsWith(place)))

const floorOf = (path: string): number => floors.findIndex((places) => isIn(places, path))

test('every source file has its floor', async (t) => {
  const homeless = (await sourceFiles()).map(({ path }) => path).filter((path) => floorOf(path) === -1)
  t.deepEqual(homeless, [])
})

test('no file imports from a floor above its own', async (t) => {
  const files = await sourceFiles()
  const climbs = files.flatMap(({ path, imports }) =>
    imports
      .filter((imported) => imported.endsWith('.ts') && floorOf(imported) > floorOf(path))
      .map((imported) => `${path} imports ${imported}`),
  )
  t.deepEqual(climbs, [])
  t.true(files.some(({ imports }) => imports.some((imported) => imported.endsWith('.ts'))))
})

test('src holds the package and the site, and the site knows only what the package shows', async (t) => {
  const files = await sourceFiles()
  t.deepEqual([...new Set(files.map(({ path }) => path.split('/')[0]))].sort(), ['lib', 'site'])
  const shown = ['lib/index.ts', 'lib/internal.ts']
  const inside = files
    .filter(({ path }) => path.startsWith('site/'))
    .flatMap(({ path, imports }) => imports.map((imported) => ({ path, imported })))
    .filter(({ imported }) => imported.startsWith('lib/') && !shown.includes(imported))
  t.deepEqual(inside, [])
})

for (const folder of ['src', 'scripts']) {
  test(`no import in ${folder} is circular`, async (t) => {
    const files = await sourceFiles(`${root}${folder}`)
    const importsOf = new Map(files.map(({ path, imports }) => [path, imports]))
    t.true(importsOf.size > 50)
    const cycles: string[] = []
    const done = new Set<string>()
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(' -> '))
      if (way.includes(path) || done.has(path)) return
      for (const imported of importsOf.get(path) ?? []) visit(imported, [...way, path])
      done.add(path)
    }
    for (const path of importsOf.keys()) visit(path, [])
    t.deepEqual(cycles, [])
  })
}

test('the conformance suite needs nothing but Node, whatever test runner it meets', async (t) => {
  const importsOf = new Map((await sourceFiles()).map(({ path, imports }) => [path, imports]))
  const reached = new Set(['lib/conformance/index.ts'])
  for (const path of reached) for (const imported of importsOf.get(path) ?? []) reached.add(imported)
  t.true(reached.has('lib/conformance/record-cases.ts'))
  t.deepEqual(
    [...reached].filter((name) => !name.endsWith('.ts') && !name.startsWith('node:')),
    [],
  )
})

test('the package imports what it depends on, and depends on nothing else', async (t) => {
  const text = await readFile(join(root, 'package.json'), 'utf8')
  const { dependencies, peerDependencies } = JSON.parse(text)
  const imported = (await sourceFiles())
    .filter(({ path }) => path.startsWith('lib/'))
    .flatMap(({ imports }) => imports)
    .filter((name) => !name.endsWith('.ts') && !name.startsWith('node:'))
    .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'))
  t.deepEqual(
    [...new Set(imported)].filter((name) => !(name in { ...dependencies, ...peerDependencies })),
    [],
  )
  t.deepEqual(
    Object.keys(dependencies).filter((name) => !name.startsWith('@types/') && !imported.includes(name)),
    [],
  )
})

for (const [name, places] of Object.entries(only)) {
  test(`only ${places.join(', ')} know the package ${name}`, async (t) => {
    const users = (await sourceFiles())
      .filter(({ imports }) =>
        imports.some((imported) => imported === name || imported.startsWith(`${name}/`)),
      )
      .map(({ path }) => path)
    t.true(users.length > 0, 'nobody uses it')
    t.deepEqual(
      users.filter((path) => !isIn(places, path)),
      [],
    )
  })
}

/** What a text calls a file of ours: a path within the project, or a name that stands as code. */
const FILE = /\b(?:src|test|scripts|views|docs|config)\/[\w./-]*\.\w+|`[\w./-]+\.(?:ts|js|ejs|css)`/g

/** Files of whoever uses the package. */
const OTHERS = ['./my-engine.js', 'config/local.json5']

test('a file that a comment or a document names is there', async (t) => {
  const folders = ['src', 'test', 'scripts', 'views', 'docs', 'config']
  const listed = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((path) => `${folder}/${path}`),
    ),
  )
  const paths = [...listed.flat(), ...(await readdir(root))]
  const isThere = (name: string): boolean =>
    OTHERS.includes(name) || paths.some((path) => path === name || path.endsWith(`/${name}`))
  const told = paths.filter((path) => /\.(ts|js|md)$/.test(path) && !/node_modules|CHANGELOG/.test(path))
  const missing: string[] = []
  for (const path of told) {
    for (const line of proseOf(path, await readFile(join(root, path), 'utf8'))) {
      for (const [name] of line.matchAll(FILE))
        if (!isThere(name.replaceAll('`', ''))) missing.push(`${path}: ${name}`)
    }
  }
  t.deepEqual(missing, [])
})

/** The lines of a program that are comments; those of a document that are no example. */
function proseOf(path: string, text: string): string[] {
  if (path.endsWith('.md')) return text.replaceAll(/^```.*?^```/gms, '').split('\n')
  return text.split('\n').filter((line) => /^\s*(\/\/|\/?\*)/.test(line))
}
