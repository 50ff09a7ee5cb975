import test from 'ava'
import { openSessions, type SessionsOptions } from '../../../src/lib/index.js'

async function warningsOf(options: SessionsOptions): Promise<string[]> {
  const warnings: string[] = []
  const warn = (_details: object, message: string): void => {
    warnings.push(message)
  }
  const sessions = await openSessions({ ...options, logger: { warn, error: warn } })
  await sessions.close()
  return warnings
}

test('an engine that other processes do not see says so in production, and nowhere else', async (t) => {
  const [warning = '', ...more] = await warningsOf({ engine: 'cache', environment: 'production' })
  t.regex(warning, /seen by this process alone: .* db or redis$/)
  t.deepEqual(more, [])
  t.deepEqual(await warningsOf({ engine: 'cache', environment: 'development' }), [])
})
