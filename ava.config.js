import { once } from 'node:events'
import { createServer } from 'node:http'
import { availableParallelism } from 'node:os'

/**
 * The database servers of this run. A test process asks for one by its name and gets its ports; the first that asks has
 * it started. The servers belong to this process, which outlives all tests, and end with it.
 */
const servers = createServer(async ({ url = '/' }, response) => {
  try {
    const { portsOf } = await import('./build/test/support/servers/shared.js')
    response.end(JSON.stringify(await portsOf(url.slice(1))))
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
})
servers.on('connection', (socket) => socket.unref())
servers.listen(0, '127.0.0.1').unref()
await once(servers, 'listening')

/** What differs between the versions of Koa, or could: errors, answers, and what an application adds to a context. */
const onKoa2 = [
  'errors',
  'gone',
  'late-changes',
  'misuse',
  'nested',
  'own-responses',
  'redact-cookies',
  'thrown-errors',
]
const isKoa2 = process.env.KOA === '2'

/** Those that take longest begin first, so that none is left running alone at the end. */
const LONGEST = ['browser/', 'system/races/revocation', 'conformance/', 'system/outages/', 'system/', 'site/']

const placeOf = (path) => {
  const place = LONGEST.findIndex((part) => path.includes(part))
  return place === -1 ? LONGEST.length : place
}

export default {
  // Many wait for a server, or for a time limit to end.
  concurrency: 2 * availableParallelism(),
  sortTestFiles: (one, other) => placeOf(one) - placeOf(other),
  files: isKoa2
    ? ['test/lib/csrf/tokens.test.ts', `test/lib/middleware/{${onKoa2}}.test.ts`]
    : ['test/**/*.test.ts'],
  nodeArguments: isKoa2 ? ['--import=./build/test/support/koa-2.js'] : [],
  typescript: { rewritePaths: { 'test/': 'build/test/' }, compile: 'tsc' },
  environmentVariables: { TEST_SERVERS: `http://127.0.0.1:${servers.address().port}` },
  // Without a result for so long a test hangs, however busy the machine is.
  timeout: '5m',
  workerThreads: false,
}
