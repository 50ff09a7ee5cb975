/**
 * `npm run conformance`: every case on every engine, as a table. `-- --engine redis` for one of them, or several; exit
 * code 1 if a promise is broken.
 */
import { parseArgs } from 'node:util'
import { type Column, failuresIn, tableOf, tryAll } from '../src/lib/commands/conformance-table.js'
import { paint, tell } from '../src/lib/commands/terminal.js'
import { ownCases } from '../test/lib/conformance/own-cases.js'
import { allEngines, emptyStoreOf } from '../test/support/engines.js'
import type { EngineUnderTest } from '../test/support/stores/store.js'

/** Of a line that nobody reads on a terminal. */
const WIDTH = 140

/** The engines that are called so: by a column's head, a title, or a `SESSION_ENGINE`. */
function enginesCalled(names: readonly string[]): readonly EngineUnderTest[] {
  if (names.length === 0) return allEngines
  return names.flatMap((name) => {
    const found = allEngines.filter(({ head, title, engine }) => [head, title, engine].includes(name))
    if (found.length > 0) return found
    const heads = allEngines.map(({ head }) => head).join(', ')
    throw new RangeError(`there is no engine called ${name}; there are ${heads}`)
  })
}

async function report(): Promise<void> {
  const { values } = parseArgs({ options: { engine: { type: 'string', multiple: true } } })
  const engines = [...new Set(enginesCalled(values.engine ?? []))]
  const { stdout } = process
  const columns: Column[] = []
  for (const under of engines) {
    const onCase = (done: number): void => tell(`${under.title}: ${done} of ${ownCases.length}`)
    columns.push(await tryAll(under, () => emptyStoreOf(under), ownCases, onCase))
  }
  tell()
  stdout.write(`\n${tableOf(ownCases, columns, { width: stdout.columns ?? WIDTH, paint })}\n\n`)
  process.exitCode = failuresIn(columns) > 0 ? 1 : 0
}

report().catch((error: unknown) => {
  console.error(`\n  ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
