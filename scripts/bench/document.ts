import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { chartOf } from './chart.js'
import { kinds } from './contenders.js'
import type { Profile } from './profile.js'
import { functionLines, profileTable } from './profile-table.js'
import type { Result } from './result.js'
import { tablesOf, toMarkdown } from './tables.js'

const docs = fileURLToPath(new URL('../../docs/', import.meta.url))

/** Writes docs/benchmarks.md and its pictures. */
export async function writeDocument(
  results: readonly Result[],
  machine: readonly string[],
  profiles: readonly Profile[],
): Promise<void> {
  const drawn = kinds.filter((kind) => results.some(({ costs }) => costs.has(kind)))
  await mkdir(`${docs}benchmarks`, { recursive: true })
  for (const kind of drawn) await writeFile(`${docs}benchmarks/${kind}.svg`, chartOf(kind, results))
  await writeFile(`${docs}benchmarks.md`, documentOf(results, machine, drawn, profiles))
}

function documentOf(
  results: readonly Result[],
  machine: readonly string[],
  drawn: readonly string[],
  profiles: readonly Profile[],
): string {
  const faults = results.flatMap(({ contender, fault }) =>
    fault === undefined ? [] : [`* ${contender.name}: ${fault}`],
  )
  const tables = [...tablesOf(results), profileTable(profiles)].map(
    (table) => `## ${table.title}\n\n${table.note}\n\n${toMarkdown(table)}\n`,
  )
  const functions = functionLines(profiles).map((line) => `* ${line}`)
  return `# Benchmarks

One run of \`npm run bench -- --save\`, which wrote this page. Every contender serves the same requests: *untouched* does
not ask for the session, *read* reads a counter, a name and a nested cart, *write* changes all three and renews the
cookie, *mixed* is nine reads and a write, *create* comes without a cookie and writes. 200 sessions, 32 requests under
way, each with its session's cookie; each answer is compared with what it has to be. The contenders take turns in every
round, and the figures are medians of the rounds. Take the ratios: microseconds belong to the machine.

${machine.map((line) => `* ${line}`).join('\n')}

${drawn.map((kind) => `![${kind}](benchmarks/${kind}.svg)`).join('\n\n')}

${tables.join('\n')}
Tessera's own functions that cost the most, in microseconds:

${functions.join('\n')}

${WHAT_IS_LEFT}
${faults.length > 0 ? `## Disqualified\n\n${faults.join('\n')}\n\n` : ''}## How to read it

* What each one's own framework costs is taken off before anybody is compared: Fastify and Express are not Koa.
* The peers that lose no update in the first column of *What goes wrong* (koa-generic-session, koa-session-minimal) hand
  the same object out to all requests of one process. Nothing is lost where everybody writes into everybody's data; what
  a request that fails has changed stays, too, and on any other store they lose what the others lose.
* Sessions in a cookie (koa-session by default, secure-session, \`signed_cookies\`) have one copy in each answer: the last
  one that arrives stands, and what was logged out is accepted again. No signature helps; only a store does.
* 32 requests are under way all the time, so that *ms* says how long they wait for the one processor rather than how
  long they take.
`
}

/** Read out of the profiles; it belongs beside every run of the code as it is now. */
const WHAT_IS_LEFT = `## What is left, and why

TODO`
