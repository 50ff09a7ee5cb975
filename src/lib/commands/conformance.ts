import { conformanceCases } from '../conformance/index.js'
import { engineNamed, isModulePath } from '../engines/names.js'
import type { Settings } from '../settings/settings.js'
import { type Column, failuresIn, reportOf, Skipped, tryAll } from './conformance-table.js'
import { WrongUsage } from './failure.js'
import { namedEngine } from './named-engine.js'
import { json, paint, tell } from './terminal.js'
import { theirStore } from './their-store.js'

/** Of a line that nobody reads on a terminal. */
const WIDTH = 140

/**
 * Tries what every engine promises on somebody's store, or on one of ours. Answers the exit code: 1 if a promise is
 * broken.
 */
export async function tryStore(
  what: string,
  settings: () => Promise<Settings>,
  options: { readonly json?: true },
): Promise<number> {
  const column = await columnOf(what, settings)
  const { stdout } = process
  if (options.json) stdout.write(json(resultsOf(column)))
  else {
    stdout.write(`\n${reportOf(conformanceCases, [column], { width: stdout.columns ?? WIDTH, paint })}\n\n`)
  }
  return failuresIn([column]) > 0 ? 1 : 0
}

async function columnOf(what: string, settings: () => Promise<Settings>): Promise<Column> {
  const onCase = (done: number): void => tell(`${what}: ${done} of ${conformanceCases.length}`)
  const engine = engineNamed(what)
  try {
    if (engine !== undefined) {
      const { emptyStore, cleanUp } = namedEngine(engine, await settings())
      try {
        return await tryAll({ title: engine, head: engine }, emptyStore, conformanceCases, onCase)
      } finally {
        await cleanUp()
      }
    }
    if (!isModulePath(what) && !/\.[cm]?[jt]s$/.test(what))
      throw new WrongUsage(
        `error: ${what} is neither a module, such as ./my-store.js, nor one of the engines cache, db, cached_db, redis, file and signed_cookies`,
      )
    const { name, emptyStore } = await theirStore(what)
    return await tryAll({ title: name, head: name }, emptyStore, conformanceCases, onCase)
  } finally {
    tell()
  }
}

function resultsOf({ verdicts }: Column): object {
  const cases = conformanceCases.map(({ topic, title }, index) => {
    const verdict = verdicts[index]
    if (verdict instanceof Error) return { topic, title, result: 'broken', message: verdict.message }
    return verdict instanceof Skipped
      ? { topic, title, result: 'does not apply', why: verdict.why }
      : { topic, title, result: verdict }
  })
  const count = (result: string): number => cases.filter((one) => one.result === result).length
  return { kept: count('kept'), doesNotApply: count('does not apply'), broken: count('broken'), cases }
}
