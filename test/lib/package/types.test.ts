import { readFileSync } from 'node:fs'
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { codeIn } from '../../support/documents.js'
import { type Ended, type Installed, installed } from '../../support/packed.js'
import { root } from '../../support/root.js'

/** Another compiler than ours: `npm run test:types5` gives TypeScript 5.9. */
const TSC = process.env.TEST_TSC ?? join(root, 'node_modules/.bin/tsc')

let folder: Installed

test.before(async (t) => {
  t.timeout(120_000)
  folder = await installed(['koa', '@types/node'])
})

test.after.always(() => folder?.remove())

/** Is `true` for `any` alone. */
const IS_ANY = 'type IsAny<T> = 0 extends 1 & T ? true : false'

const application = `
import Koa = require('koa')
import { openSessions, type Session } from 'koa-tessera'

${IS_ANY}

declare module 'koa-tessera' {
  interface SessionData { visits: number }
}

export async function start(): Promise<number> {
  const sessions = await openSessions({ engine: 'cache', logger: { warn: () => {}, error: () => {} } })
  const app = new Koa()
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    const isAny: IsAny<typeof ctx.session> = false
    const promised: Promise<Session> = ctx.session
    const session = await promised
    const visits: number | undefined = session.get('visits')
    // @ts-expect-error a declared key has its type
    session.set('visits', 'many')
    ctx.body = [isAny, visits]
  })
  const session = await sessions.open()
  session.set('visits', 1)
  await session.save()
  const again = await sessions.open(session.id)
  await sessions.close()
  return again.get('visits', 0)
}
`

const asModule = application.replace("import Koa = require('koa')", "import Koa from 'koa'")

/** Compiles one file of a folder as strictly as there is, and answers what the compiler says. */
async function compile(
  name: string,
  files: Readonly<Record<string, string>>,
  options: object,
): Promise<Ended> {
  const directory = join(folder.directory, name)
  await mkdir(directory, { recursive: true })
  for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text)
  const compilerOptions = {
    target: 'es2023',
    strict: true,
    types: ['node'],
    outDir: 'out',
    rootDir: '.',
    ...options,
  }
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  return folder.run(TSC, ['-p', directory])
}

const MODULE = '{ "type": "module" }'
const COMMON = '{ "type": "commonjs" }'
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const SUBPATHS = Object.keys(exports).filter((path) => path !== '.' && !path.endsWith('.json'))
const everySubPath = SUBPATHS.map(
  (path, at) => `import * as m${at} from 'koa-tessera${path.slice(1)}'; void m${at}`,
).join('\n')

for (const [title, files, options] of [
  [
    'nodenext',
    { 'package.json': MODULE, 'app.ts': `${asModule}\n${everySubPath}` },
    { module: 'nodenext', verbatimModuleSyntax: true, exactOptionalPropertyTypes: true },
  ],
  [
    'bundler',
    { 'package.json': MODULE, 'app.ts': `${asModule}\n${everySubPath}` },
    { module: 'esnext', moduleResolution: 'bundler', esModuleInterop: true },
  ],
  ['commonjs', { 'package.json': COMMON, 'app.ts': application }, { module: 'nodenext' }],
] as const) {
  test(`a strict project compiles against the package and runs: ${title}`, async (t) => {
    const { code, stdout } = await compile(title, files, options)
    t.is(code, 0, stdout)
    const call =
      "import('./out/app.js').then(async ({ start, default: all }) => console.log(await (start ?? all.start)()))"
    const ran = await folder.run(process.execPath, ['--no-warnings', '-e', call], {}, title)
    t.like({ stdout: ran.stdout, stderr: ran.stderr }, { stdout: '1\n', stderr: '' })
  })
}

test('with @types/koa 2 on top the lines of docs/typescript.md give `ctx.session` its type; without them it has none', async (t) => {
  // As npm does: the application's own @types/koa stands on top, and ours beneath us.
  const types = join(folder.directory, 'koa2/node_modules/@types')
  await mkdir(types, { recursive: true })
  for (const name of await readdir(join(root, 'node_modules/@types')))
    if (name !== 'koa') await symlink(join(root, 'node_modules/@types', name), join(types, name))
  await cp(join(root, 'node_modules/types-koa-2'), join(types, 'koa'), { recursive: true })

  const files = { 'package.json': MODULE, 'app.ts': asModule }
  const options = { module: 'nodenext', noEmit: true }
  const bare = await compile('koa2', files, options)
  t.regex(bare.stdout, /app\.ts.+: Type 'false' is not assignable to type 'true'/)
  const fixed = await compile(
    'koa2',
    { ...files, 'sessions.d.ts': codeIn('docs/typescript.md', 'sessions.d.ts') },
    options,
  )
  t.is(fixed.stdout, '')
})
