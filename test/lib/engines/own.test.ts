import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { EngineMisconfigured, keyvEngine as keyvEngineOn, openSessions } from '../../../src/lib/index.js'
import { temporaryDirectory } from '../../support/server-process.js'

const keyvEngine = import.meta.resolve('../../../src/lib/engines/keyv/keyv-engine.js')
const keyv = import.meta.resolve('keyv')

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

for (const [title, text] of [
  ['the default export that makes an engine', `${good} export default keyvEngine(new Keyv())`],
  ['an export called engine', `${good} export const engine = keyvEngine(new Keyv())`],
] as const) {
  test(`SESSION_ENGINE may be the path of a module: ${title}`, async (t) => {
    const sessions = await openSessions({ engine: await moduleOf(t, text) })
    t.teardown(() => sessions.close())
    const session = await sessions.open()
    session.set<string>('n', 1)
    await session.save()
    t.is((await sessions.open(session.id)).get('n'), 1)
    t.is(sessions.engine.name, 'keyv')
  })
}

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
