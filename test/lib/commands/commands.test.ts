import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { openSessions, type Sessions } from '../../../src/lib/index.js'
import { codeIn } from '../../support/documents.js'
import { type Installed, installed } from '../../support/packed.js'

let folder: Installed

test.before(async (t) => {
  t.timeout(120_000)
  folder = await installed(['koa', '@keyv/sqlite'])
})

test.after.always(() => folder?.remove())

const COMMANDS = [
  'settings',
  'generate-key',
  'clear-sessions',
  'move',
  'conformance',
  'sessions',
  'revoke',
  'doctor',
]

/** Logs `ada` in twice, at a store of the folder. */
async function withTwoDevices(engine: 'file' | 'db', options: object): Promise<Sessions> {
  const sessions = await openSessions({ engine, cleanupInterval: 0, ...options })
  for (const device of ['Firefox on Linux', 'evil \u001b[2Jterminal']) {
    const session = await sessions.open()
    session.login('ada', { device })
    await session.save()
  }
  return sessions
}

test('each command has --help, says what it is for, and refuses an option and an argument that it does not know', async (t) => {
  const { stdout: all, code } = await folder.command(['--help'])
  t.is(code, 0)
  for (const name of COMMANDS) {
    t.regex(all, new RegExp(`^  ${name} `, 'm'))
    const help = await folder.command([name, '--help'])
    t.like(help, { code: 0, stderr: '' })
    t.regex(help.stdout, new RegExp(`^Usage: koa-tessera ${name} `))
    t.deepEqual(await folder.command(['help', name]), help)
  }
  t.like(await folder.command(['help']), { code: 0, stdout: all })
  const usual = ['--user', 'ada', '--all']
  for (const args of [
    ['clear-sessions', '--nonsense'],
    ['clear-sessions', 'more'],
    ['nonsense'],
    ['help', 'nonsense'],
    [],
    ['revoke', ...usual, 'x'],
  ]) {
    const { code, stdout, stderr } = await folder.command(args)
    t.like({ code, stdout }, { code: 2, stdout: '' }, args.join(' '))
    t.notRegex(stderr, /\n\s+at /)
  }
})

test('what one of them needs to be told is asked for: exit code 2', async (t) => {
  for (const [args, expected] of [
    [['sessions'], /--user <id>/],
    [['sessions', '--user', ''], /a user's id has 1 to/],
    [['revoke', '--user', 'ada'], /either --all or --handle/],
    [['revoke', '--user', 'ada', '--all', '--handle', 'x'], /either --all or --handle/],
    [['conformance'], /missing required argument 'store'/],
    [['conformance', 'nonsense'], /neither a module.+nor one of the engines cache, db/],
  ] as const) {
    const { code, stderr } = await folder.command(args)
    t.is(code, 2)
    t.regex(stderr, expected)
  }
})

for (const [engine, env] of [
  ['file', { SESSION_ENGINE: 'file', SESSION_FILE_PATH: 'files' }],
  ['db', { SESSION_ENGINE: 'db', DATABASE_URL: 'sqlite:database.sqlite' }],
] as const) {
  test(`on ${engine} a user’s devices are listed, one is ended, then all; what has expired is removed`, async (t) => {
    const path = join(folder.directory, engine === 'file' ? 'files' : 'database.sqlite')
    const sessions = await withTwoDevices(
      engine,
      engine === 'file' ? { filePath: path } : { databaseUrl: `sqlite:${path}` },
    )
    t.teardown(() => sessions.close())

    const table = await folder.command(['sessions', '--user', 'ada'], env)
    t.like(table, { code: 0, stderr: '' })
    t.regex(table.stdout, /^ {2}handle +last seen +logged in +device$/m)
    t.false(table.stdout.includes('\u001b'), 'a device’s name moves no cursor')
    const listed = JSON.parse((await folder.command(['sessions', '--user', 'ada', '--json'], env)).stdout)
    t.deepEqual(
      listed.map(({ device }: { device: string }) => device).sort(),
      ['Firefox on Linux', 'evil \u001b[2Jterminal'].sort(),
    )

    const wrong = await folder.command(['revoke', '--user', 'ada', '--handle', 'nobody'], env)
    t.like(wrong, { code: 1, stdout: '' })
    t.regex(wrong.stderr, /ada has no live session with the handle nobody/)
    const one = await folder.command(['revoke', '--user', 'ada', '--handle', listed[0].handle, '--json'], env)
    t.is(one.stdout, '{"ended":1}\n')
    t.is((await sessions.forUser('ada')).length, 1)
    t.is(
      (await folder.command(['revoke', '--user', 'ada', '--all'], env)).stdout,
      '  1 session of ada ended\n',
    )
    t.deepEqual(await sessions.forUser('ada'), [])
    t.regex((await folder.command(['sessions', '--user', 'ada'], env)).stdout, /no live session/)

    const swept = await folder.command(['clear-sessions', '--json'], env)
    t.regex(swept.stdout, /^\{"removed":\d+,"seconds":[\d.]+,"early":false\}\n$/)
    const found = await folder.command(['doctor', '--json'], {
      ...env,
      NODE_ENV: 'production',
      SECRET_KEY: 'x'.repeat(9),
    })
    t.is(found.code, 1)
    t.false(found.stdout.includes('xxxxxxxxx'))
    const fine = await folder.command(['doctor'], env)
    t.like(fine, { code: 0, stderr: '' })
    // A busy machine may be called slow.
    t.regex(fine.stdout, /[✓!] round trip +(slow: )?read .+ ms, write .+ ms, change .+ ms/)
  })
}

test('the memory of a server cannot be looked into, and it says so', async (t) => {
  const { code, stderr } = await folder.command(['sessions', '--user', 'ada'], { SESSION_ENGINE: 'cache' })
  t.is(code, 0)
  t.regex(stderr, /in the memory of the server/)
})

test('settings of the application in its files stop no command, and are shown to nobody', async (t) => {
  const { command, directory } = folder
  await mkdir(join(directory, 'app/config'), { recursive: true })
  await writeFile(
    join(directory, 'app/config/default.json5'),
    "{ STRIPE_KEY: 'hush', COOKIE_AGES: 1, COOKIE_AGE: 77, SESSION_ENGINE: 'cache' }",
  )
  const { code, stdout } = await command(['settings'], {}, 'app')
  t.is(code, 0)
  t.regex(stdout, /^ {2}COOKIE_AGE +77 +config\/default\.json5$/m)
  t.regex(stdout, /STRIPE_KEY \(config\/default\.json5\) is no setting of Tessera\.$/m)
  t.regex(stdout, /COOKIE_AGES .+ Did you mean COOKIE_AGE\?$/m)
  t.false(stdout.includes('hush'))
  const doctor = await command(['doctor'], {}, 'app')
  t.is(doctor.code, 0)
  t.regex(doctor.stdout, /! settings +COOKIE_AGES .+ Did you mean COOKIE_AGE\?/)
  t.regex(doctor.stdout, /· settings +STRIPE_KEY/)
  t.false(doctor.stdout.includes('hush'))
  t.is((await command(['clear-sessions'], {}, 'app')).code, 0)
  const wrong = await command(['clear-sessions'], { COOKIE_AGE: 'ten' }, 'app')
  t.like(wrong, { code: 1, stdout: '' })
  t.regex(wrong.stderr, /COOKIE_AGE = 'ten' \(environment\) is not a whole number/)
})

test('conformance prints the table of anybody’s store, in every form, and exits with 1 if a promise is broken', async (t) => {
  const { command, directory } = folder
  const code = codeIn('docs/engines.md', 'my-store.js')
  const store = code.replace(/export default .+/, '')
  const forms = {
    'factory.js': code,
    'store.js': `${store}\nexport default myStore()`,
    'only.js': store,
    'empty.js': `${store}\nexport function emptyStore() {
      const entries = new Map()
      return { open: () => storeEngine({ name: 'mine', store: myStore(entries), capabilities: { shared: true } }) }
    }`,
  }
  for (const [name, text] of Object.entries(forms)) {
    await writeFile(join(directory, name), text)
    const { code, stdout } = await command(['conformance', `./${name}`])
    t.is(code, 0, stdout)
    t.regex(stdout, /[1-9]\d+ ✓ kept {3}\d+ · do not apply {3}0 ✗ broken/)
  }
  await writeFile(
    join(directory, 'careless.js'),
    code.replaceAll(/\?\.version !== version/g, ' === undefined'),
  )
  const careless = await command(['conformance', './careless.js', '--json'])
  t.is(careless.code, 1)
  t.true(JSON.parse(careless.stdout).broken > 1)
  for (const [text, why] of [
    ['export const store = 5', /exports no store: it exports store \(number\)\./],
    ['import "nowhere"', /cannot be loaded: Cannot find package 'nowhere'/],
    [
      'export default class { read() {} insert() {} }',
      /wrong is no SessionStore; it lacks replace\(\), extend\(\)/,
    ],
  ] as const) {
    await writeFile(join(directory, 'wrong.js'), text)
    const { code, stdout, stderr } = await command(['conformance', './wrong.js'])
    t.is(code, 1)
    t.regex(stdout + stderr, why)
    t.notRegex(stderr, /\n\s+at /)
  }
  const { code: none, stdout } = await command(['conformance', 'cache'])
  t.is(none, 0)
  t.regex(stdout, /0 ✗ broken/)
})

test('--version is that of package.json', async (t) => {
  const { version } = JSON.parse(
    await readFile(join(folder.directory, 'node_modules/koa-tessera/package.json'), 'utf8'),
  )
  t.is((await folder.command(['--version'])).stdout, `${version}\n`)
})
