/**
 * `npm run conformance`: every case on every engine, as a table. `-- --engine redis` for one of them, or several; exit
 * code 1 if a promise is broken.
 */
import { Command, Option } from 'commander'
import { type Column, failuresIn, reportOf, tryAll } from '../src/lib/commands/conformance-table.js'
import { paint, tell } from '../src/lib/commands/terminal.js'
import { ownCases } from '../test/lib/conformance/own-cases.js'
import { allEngines, djangoStores, emptyStoreOf } from '../test/support/engines.js'
import type { EngineUnderTest } from '../test/support/stores/store.js'

const everyEngine = [...allEngines, ...djangoStores]

/** Of a line that nobody reads on a terminal. */
const WIDTH = 140

/** An engine is called by a column's head, a title, or a `SESSION_ENGINE`. */
const namesOf = ({ head, title, engine }: EngineUnderTest): readonly (string | undefined)[] => [
  head,
  title,
  engine,
]

function enginesCalled(names: readonly string[]): readonly EngineUnderTest[] {
  if (names.length === 0) return everyEngine
  return names.flatMap((name) => {
    const found = everyEngine.filter((under) => namesOf(under).includes(name))
    if (found.length > 0) return found
    throw new RangeError(`there is no engine called ${name}; there are ${heads}`)
  })
}

const heads = everyEngine.map(({ head }) => head).join(', ')

const { engine: named } = new Command('npm run conformance --')
  .description('Tries every promise of an engine: a table of all engines, or a list for one.')
  .addOption(new Option('--engine <name...>', `these alone: ${heads}`).default([], 'all'))
  .allowExcessArguments(false)
  .addHelpText('after', '\nExit code 1: a promise is broken.')
  .parse()
  .opts<{ readonly engine: readonly string[] }>()

async function report(): Promise<void> {
  const engines = [...new Set(enginesCalled(named))]
  const { stdout } = process
  const columns: Column[] = []
  for (const under of engines) {
    const onCase = (done: number): void => tell(`${under.title}: ${done} of ${ownCases.length}`)
    columns.push(await tryAll(under, () => emptyStoreOf(under), ownCases, onCase))
  }
  tell()
  stdout.write(`\n${reportOf(ownCases, columns, { width: stdout.columns ?? WIDTH, paint })}\n\n`)
  process.exitCode = failuresIn(columns) > 0 ? 1 : 0
}

report().catch((error: unknown) => {
  console.error(`\n  ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
