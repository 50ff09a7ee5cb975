import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import test from 'ava'
import { root } from '../../support/root.js'
import { LONG_KEY } from './given.js'

/** A module that makes standard output behave as a terminal's would. */
const TERMINAL = `data:text/javascript,${encodeURIComponent(`
  import { WriteStream } from 'node:tty'
  const { hasColors, getColorDepth } = WriteStream.prototype
  Object.assign(process.stdout, { isTTY: true, hasColors, getColorDepth })
`)}`

/** Runs `npm run settings` where only `env` is set. */
async function command(
  env: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
): Promise<{ code: unknown; text: string; errors: string }> {
  const child = spawn(process.execPath, [...nodeOptions, 'build/scripts/koa-tessera.js', 'settings'], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more
  })
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    errors += more
  })
  const [code] = await once(child, 'close')
  return { code, text, errors }
}

test('in development it shows every value and its layer, and exits with 0', async (t) => {
  const { code, text, errors } = await command({ COOKIE_AGE: '77' })
  t.is(code, 0)
  t.is(errors, '')
  t.regex(text, /environment development\n/)
  t.regex(text, /^ {2}COOKIE_AGE +77 +environment$/m)
  t.regex(text, /^ {2}SECRET_KEY +•••••• +generated$/m)
  t.regex(text, /^ {2}REDIS_URL +redis:\/\/127\.0\.0\.1:6379 +config\/default\.json5$/m)
  t.regex(text, /! SECRET_KEY is not set/)
})

test('in shortlived it shows which file the 30 seconds come from', async (t) => {
  const { code, text } = await command({ NODE_ENV: 'shortlived' })
  t.is(code, 0)
  t.regex(text, /^ {2}COOKIE_AGE +30 +config\/shortlived\.json5$/m)
})

test('S56 in production with a secret key it hides the key and exits with 0', async (t) => {
  const { code, text } = await command({ NODE_ENV: 'production', SECRET_KEY: LONG_KEY })
  t.is(code, 0)
  t.regex(text, /^ {2}COOKIE_NAME +__Host-sessionid +config\/production\.json5$/m)
  t.regex(text, /^ {2}SECRET_KEY +•••••• +environment$/m)
  t.false(text.includes(LONG_KEY))
})

test('in production without a secret key it shows the table and the fault, and exits with 1', async (t) => {
  const { code, text, errors } = await command({ NODE_ENV: 'production' })
  t.is(code, 1)
  t.is(errors, '')
  t.regex(text, /^ {2}SECRET_KEY ✗ +none +built-in default$/m)
  t.regex(text, /^ {2}COOKIE_SECURE +true +config\/production\.json5$/m)
  t.regex(text, /SECRET_KEY = none \(built-in default\) is missing/)
})

test('wrong values are marked in the table, and every fault is told below it', async (t) => {
  const { code, text } = await command({ COOKIE_AGE: 'ten', COOKIE_SAMESITE: 'None', PORT: '-1' })
  t.is(code, 1)
  t.regex(text, /^ {2}COOKIE_AGE ✗ +'ten' +environment$/m)
  t.regex(text, /^ {2}COOKIE_SAMESITE ✗ +None +environment$/m)
  t.regex(text, /^ {2}PORT ✗ +'-1' +environment$/m)
  t.is(text.match(/ ✗ /g)?.length, 3)
  t.is(text.match(/^ {2}\w+ = .+\(environment\)/gm)?.length, 3)
})

test('the table fits 100 columns, whatever the values, and has no colours off a terminal', async (t) => {
  const { text } = await command({ DATABASE_URL: `sqlite:${'long/'.repeat(40)}s`, SECRET_KEY: LONG_KEY })
  t.is(stripVTControlCharacters(text), text)
  for (const line of text.split('\n')) t.true(line.length <= 100, line)
})

for (const [also, colours] of [
  [{}, true],
  [{ NO_COLOR: '1' }, false],
] as const) {
  test(`on a terminal it has ${colours ? 'colours' : 'no colours with NO_COLOR set'}, in the same columns`, async (t) => {
    const env = { COOKIE_AGE: 'ten', TERM: 'xterm-256color', SECRET_KEY: LONG_KEY }
    const { text } = await command({ ...env, ...also }, [`--import=${TERMINAL}`])
    t.is(text.includes('\u001b['), colours)
    t.is(stripVTControlCharacters(text), (await command(env)).text)
  })
}
