import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import {
  EngineMisconfigured,
  EngineUnavailable,
  keyvEngine as keyvEngineOn,
  openSessions,
  type SessionsOptions,
  storeEngine,
} from '../../../src/lib/index.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { BareEngine } from '../../support/stores/bare-engine.js'
import { myStore } from '../../support/stores/of-others.js'

type EngineChoice = NonNullable<SessionsOptions['engine']>

const keyvEngine = import.meta.resolve('../../../src/lib/engines/keyv/keyv-engine.js')
const keyv = import.meta.resolve('keyv')
const index = import.meta.resolve('../../../src/lib/index.js')
const storesOfOthers = import.meta.resolve('../../support/stores/of-others.js')

/** A module with this text; answers its path. */
async function moduleOf(t: ExecutionContext, text: string): Promise<`/${string}`> {
  const path = join(await temporaryDirectory(t), 'engine.mjs')
  await writeFile(path, text)
  return path as `/${string}`
}

const good = `
  import { Keyv } from '${keyv}'
  import { keyvEngine } from '${keyvEngine}'
`

/** Whatever `openSessions({ engine })` takes. */
const forms: Readonly<Record<string, (t: ExecutionContext) => EngineChoice | Promise<EngineChoice>>> = {
  'what storeEngine answers': () => storeEngine({ name: 'mine', store: myStore() }),
  'an engine that is ready': () => new BareEngine(new Map(), { clock: Date.now, logger: console }),
  'a function that makes one': () => (tools) => new BareEngine(new Map(), tools),
  'a function that makes one in a while': () => async (tools) => new BareEngine(new Map(), tools),
  'a name': () => 'cache',
  'the path of a module, the default export of which makes one': (t) =>
    moduleOf(t, `${good} export default keyvEngine(new Keyv())`),
  'the path of a module with an export called engine': (t) =>
    moduleOf(t, `${good} export const engine = keyvEngine(new Keyv())`),
  'the path of a module with a store': (t) =>
    moduleOf(
      t,
      `import { myStore } from '${storesOfOthers}'
       import { storeEngine } from '${index}'
       export default storeEngine({ name: 'mine', store: myStore() })`,
    ),
}

for (const [title, form] of Object.entries(forms)) {
  test(`openSessions({ engine }) takes ${title}`, async (t) => {
    let now = Date.now()
    const clock = () => now
    const sessions = await openSessions({ engine: await form(t), clock, cookieAge: 60, cleanupInterval: 0 })
    t.teardown(() => sessions.close())
    const session = await sessions.open()
    session.set<string>('n', 1)
    await session.save()
    t.is((await sessions.open(session.id)).get('n'), 1)
    if (title === 'an engine that is ready') return
    now += 60_000
    t.false((await sessions.open(session.id)).has('n'), 'the engine has a clock of its own')
  })
}

const FORGOTTEN =
  /is no engine; it lacks ids and users: it is a store\. Hand it to storeEngine\(\{ name, store \}\)$/

test('a store that was not handed to storeEngine is told to be', async (t) => {
  const store = myStore()
  // @ts-expect-error a store is no engine
  await t.throwsAsync(openSessions({ engine: store }), {
    instanceOf: EngineMisconfigured,
    message: new RegExp(`^the engine that was handed in ${FORGOTTEN.source}`),
  })
  // @ts-expect-error a store is no engine
  await t.throwsAsync(openSessions({ engine: () => store }), { message: FORGOTTEN })
  const path = await moduleOf(t, `import { myStore } from '${storesOfOthers}'; export default myStore()`)
  await t.throwsAsync(openSessions({ engine: path }), {
    message: new RegExp(`^SESSION_ENGINE=${path} ${FORGOTTEN.source}`),
  })
})

test('the path may be a URL', async (t) => {
  const path = await moduleOf(t, `${good} export default keyvEngine(new Keyv())`)
  const sessions = await openSessions({ engine: pathToFileURL(path).href as `file:${string}` })
  t.is(sessions.engine.name, 'keyv')
  await sessions.close()
})

test('what a module exports has to keep the contract, and is told what is missing', async (t) => {
  const path = await moduleOf(
    t,
    'export default { name: "half", capabilities: { shared: true }, load() {}, create() {}, close() {} }',
  )
  await t.throwsAsync(openSessions({ engine: path }), {
    instanceOf: EngineMisconfigured,
    message: `SESSION_ENGINE=${path} is no engine; it lacks update(), touch(), rotate(), delete(), clearExpired(), capabilities.revocable`,
  })
})

test('a module that exports nothing, or is not there, is named', async (t) => {
  const empty = await moduleOf(t, 'export const other = 1')
  await t.throwsAsync(openSessions({ engine: empty }), {
    message: `SESSION_ENGINE=${empty} is no engine; it lacks everything: it is no object`,
  })
  await t.throwsAsync(openSessions({ engine: './no-such-engine.js' }), {
    instanceOf: EngineMisconfigured,
    message: /^SESSION_ENGINE=\.\/no-such-engine\.js cannot be loaded: Cannot find module/,
  })
  const broken = await moduleOf(t, 'export default {')
  await t.throwsAsync(openSessions({ engine: broken }), { message: /cannot be loaded/ })
})

test('what takes an object says so to whoever hands in none', async (t) => {
  for (const options of [null, 'db', 7] as const)
    await t.throwsAsync(openSessions(options as never), {
      message: /^openSessions takes an object of options/,
    })
  for (const keyv of [undefined, null, new Map().size] as const)
    t.throws(() => keyvEngineOn(keyv as never), { message: /^keyvEngine takes a Keyv: / })
})

test('storeEngine says at once what a store lacks', async (t) => {
  const { move: _move, removeExpired: _removeExpired, ...half } = myStore()
  const wrong: readonly [unknown, RegExp][] = [
    [undefined, /^storeEngine takes \{ name, store \}, where the name is a text.*, not undefined$/],
    [{ store: myStore() }, /where the name is a text/],
    [{ name: '', store: myStore() }, /where the name is a text.*, not ""$/],
    [{ name: 'mine' }, /where the store is an object with read\(\), insert\(\).*, not undefined$/],
    [
      { name: 'mine', store: {} },
      /^the store of mine is no SessionStore; it lacks read\(\), insert\(\), .*close\(\)$/,
    ],
    [{ name: 'mine', store: half }, /; it lacks move\(\), removeExpired\(\)$/],
    [{ name: 'mine', store: class {} }, /where the store is an object .*, not a function$/],
    [{ name: 'mine', store: new Map() }, /; it lacks read\(\)/],
  ]
  for (const [options, message] of wrong)
    t.throws(() => storeEngine(options as never), { instanceOf: EngineMisconfigured, message })
  t.throws(() => keyvEngineOn(new Map() as never), { message: /keyvEngine takes a Keyv/ })
})

test('an error of another copy of the package is what it says', async (t) => {
  const copy: typeof import('../../../src/lib/engines/errors.js') = await import(
    `${import.meta.resolve('../../../src/lib/engines/errors.js')}?another-copy`
  )
  t.not(copy.EngineUnavailable, EngineUnavailable)
  t.true(new copy.EngineUnavailable('down') instanceof EngineUnavailable)
  t.false(new copy.EngineUnavailable('down') instanceof EngineMisconfigured)
  t.false(new Error('down') instanceof EngineUnavailable)
  class Special extends EngineUnavailable {}
  t.true(new Special('down') instanceof EngineUnavailable)
  t.false(new EngineUnavailable('down') instanceof Special)
  t.false(new copy.EngineUnavailable('down') instanceof Special)
})

test('closing twice is closing once, whatever the store does with a second call', async (t) => {
  let closed = 0
  const close = async (): Promise<void> => {
    closed += 1
    if (closed > 1) throw new Error('closed already')
  }
  const sessions = await openSessions({
    engine: storeEngine({ name: 'mine', store: { ...myStore(), close } }),
  })
  await Promise.all([sessions.close(), sessions.engine.close()])
  await sessions.close()
  t.is(closed, 1)
  const bare = Object.assign(new BareEngine(new Map(), { clock: Date.now, logger: console }), { close })
  closed = 0
  const others = await openSessions({ engine: bare })
  await Promise.all([others.close(), others.close()])
  t.is(closed, 1)
})
