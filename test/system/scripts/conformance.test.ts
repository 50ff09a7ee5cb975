import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { failuresIn, reportOf, tryAll } from '../../../src/lib/commands/conformance-table.js'
import type { EngineFactory } from '../../../src/lib/engines/engine.js'
import { ownCases } from '../../lib/conformance/own-cases.js'
import { emptyStoreOf } from '../../support/engines.js'
import { intercept } from '../../support/intercept.js'
import { root } from '../../support/root.js'
import { memory } from '../../support/stores/memory.js'
import { signedCookies } from '../../support/stores/signed-cookies.js'
import type { EngineUnderTest } from '../../support/stores/store.js'

const plain = { width: 100, paint: (_style: unknown, text: string) => text }

/** Memory that takes every update as one of the newest version. */
const careless: EngineUnderTest = {
  title: 'careless memory',
  head: 'careless',
  oneProcess: true,
  async prepare() {
    const store = await emptyStoreOf(memory)
    const factory: EngineFactory = async (tools) => {
      const engine = await store.open(tools)
      return {
        ...intercept(engine, () => {}),
        async update(id, record, version) {
          const loaded = await engine.load(id)
          return engine.update(id, record, loaded.kind === 'found' ? loaded.version : version)
        },
      }
    }
    return { options: {}, factory, discard: async () => {} }
  },
}

test('the table shows what is kept, what does not apply, what is broken and what is not there', async (t) => {
  const cases = ownCases.filter(({ title }) => /^(an update needs|S58|what is loaded)/.test(title))
  const absent: EngineUnderTest = { ...memory, title: 'an absent one', head: 'absent', missing: 'a-server' }
  const engines = [memory, careless, signedCookies, absent]
  const columns = await Promise.all(engines.map((under) => tryAll(under, () => emptyStoreOf(under), cases)))
  const table = reportOf(cases, columns, plain)
  t.regex(table, /^ +cache +careless +signed +absent$/m)
  t.regex(table, /^ {4}what is loaded is a copy +✓ +✓ +✓ +–$/m)
  t.regex(table, /^ {4}an update needs the version that was read +✓ +✗ +· +–$/m)
  t.regex(table, /^ {4}S58 replay is accepted: .* +· +· +✓ +–$/m)
  t.regex(
    table,
    /^ {2}✗ careless memory: an update needs the version that was read\n {6}a version that is no longer there was updated/m,
  )
  t.regex(table, /^ {2}– an absent one: apt-get install a-server$/m)
  t.regex(table, /5 ✓ kept {3}3 · do not apply {3}1 ✗ broken$/)
  t.is(failuresIn(columns), 1)
})

test('for one engine there is a list: what is kept, and apart what does not apply, with the reason', async (t) => {
  const cases = ownCases.filter(({ title }) => /^(an update needs|S58|what is loaded)/.test(title))
  const column = await tryAll(signedCookies, () => emptyStoreOf(signedCookies), cases)
  const list = reportOf(cases, [column], { ...plain, width: 60 })
  const [kept = '', skipped = ''] = list.split(`What does not apply to ${signedCookies.title}`)
  t.regex(kept, /^ {4}✓ what is loaded is a copy$/m)
  t.notRegex(kept, /·|an update needs/)
  t.regex(skipped, /^ {2}the engine cannot end a session\n {4}· an update needs the version that was read$/m)
  t.true(list.split('\n').every((line) => line.length <= 60))
  const absent = { ...memory, missing: 'a-server' }
  const none = await tryAll(absent, () => emptyStoreOf(absent), cases)
  t.regex(reportOf(cases, [none], plain), /apt-get install a-server/)
})

test('npm run conformance tries the engines that are named, and says so if there is none', async (t) => {
  const report = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['build/scripts/conformance.js', ...args], {
      cwd: root,
      env: { PATH: process.env.PATH },
    })
  const { stdout } = await report('--engine', 'cache')
  t.regex(stdout, /^ {2}What cache keeps$/m)
  t.regex(stdout, / 0 ✗ broken\n/)
  t.false(stdout.includes('\x1b'), 'colour where nobody sees it')
  const error = await t.throwsAsync(report('--engine', 'nonsense'))
  t.like(error, { code: 1, stdout: '' })
  t.regex(error.message, /there is no engine called nonsense; there are cache, Keyv, /)
})
