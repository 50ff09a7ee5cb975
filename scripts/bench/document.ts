import { readFile, writeFile } from 'node:fs/promises'
import { root } from '../../src/site/root.js'
import { textOfTable } from '../measure/table.js'
import { functionLines, type Profile, profileTable } from './profile.js'
import type { Run } from './result.js'
import { tablesOf } from './tables.js'

/** What a run writes stands between these lines of docs/benchmarks.md; the rest is written by hand. */
const BEGIN = '<!-- figures: npm run bench -- --save -->'
const END = '<!-- end of the figures -->'

/** Writes the figures into docs/benchmarks.md. */
export async function writeDocument(
  runs: readonly Run[],
  asleep: Run | undefined,
  machine: readonly string[],
  profiles: readonly Profile[],
): Promise<void> {
  const document = new URL('docs/benchmarks.md', root)
  const text = await readFile(document, 'utf8')
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin === -1 || end === -1) throw new Error(`docs/benchmarks.md lacks the line ${BEGIN} or ${END}`)

  const list = (lines: readonly string[]): string => lines.map((line) => `* ${line}`).join('\n')
  const faults = runs.flatMap(({ title, results }) =>
    results.flatMap(({ contender, fault }) => (fault ? [`${contender.name}, ${title}: ${fault}`] : [])),
  )
  const parts = [
    list(machine),
    ...[...tablesOf(runs, asleep), profileTable(profiles)].map((table) => textOfTable(table, true).trimEnd()),
    `Tessera's own functions that cost the most, in microseconds:\n\n${list(functionLines(profiles))}`,
    ...(faults.length > 0 ? [`## Disqualified\n\n${list(faults)}`] : []),
  ]
  await writeFile(document, `${text.slice(0, begin)}${BEGIN}\n\n${parts.join('\n\n')}\n\n${text.slice(end)}`)
}
