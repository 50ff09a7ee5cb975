import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { chartOf } from './chart.js'
import { kinds } from './contenders.js'
import type { Profile } from './profile.js'
import { functionLines, profileTable } from './profile-table.js'
import type { Result } from './result.js'
import { tablesOf, toMarkdown } from './tables.js'

/** Read out of the profiles; true of the code as it is now. */
const whatIsLeft = `## What is left, and why

Nothing here was bought with safety: ids stay hashed, every write is conditional, the answer waits for it, and no handler
gets hold of what is stored. What that costs:

* **Every engine.** Half of what a read costs of its own is JSON. The record is parsed anew for each request (2 to 2.5 µs),
  since a copy is what keeps one request's changes from another; and an object that was handed out, here the cart, is
  written as text before and after, so that a change in place is noticed (2 µs; \`NESTED_CHANGES=ignore\` saves it). The rest
  is the id's hash (0.5), the \`Vary\` header (0.7), some nine promises, and the objects of a session. A write adds the
  record as text (2.5), three headers that Node checks character by character (3), a second hash, and what the collector has
  to do for all that.
* **koa-session-minimal**, the leanest peer, does none of it: it hands out the stored object itself, neither signs nor hashes,
  and adopts any id that comes. The table of what goes wrong is the price.
* **\`db\`, \`cached_db\`.** The statement itself. On 32 connections some fourteen requests share one, and SQLite takes 3 µs a
  row to read and 12 to write (alone in a loop, the same statements, prepared): a thread's turn, the B-trees of the table,
  its key and its expiry, pages into the write-ahead log, and the JSON conditions that make the write a compare-and-set.
  Neither smaller pages nor a table without row ids nor other ways to hand over the batch were faster for sessions of all
  sizes. The adapter's own way, which prepares each call, takes 5 and 16.
* **\`redis\`.** The client: a socket's write and read for each batch, its replies as strings, a promise and a time limit for
  each command. Redis itself is another process, and not counted.
* **\`signed_cookies\`.** OpenSSL by way of Node: an HMAC takes 2 to 3 µs, opening or closing a sealed value 4 to 5, a write
  both; and the cookie of 400 to 450 characters is decoded, checked as a header and encoded where an id has 32.`

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
round, and processor time is that of each one's best round, since what else a machine does can only add to it; the rest
are medians. Take the ratios: microseconds belong to the machine.

${machine.map((line) => `* ${line}`).join('\n')}

${drawn.map((kind) => `![${kind}](benchmarks/${kind}.svg)`).join('\n\n')}

${tables.join('\n')}
Tessera's own functions that cost the most, in microseconds:

${functions.join('\n')}

${whatIsLeft}
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
