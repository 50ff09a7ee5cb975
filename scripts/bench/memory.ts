import type { Generator } from './generator.js'
import type { Server } from './server.js'

/**
 * Bytes that a session costs the process that keeps it, of `sessions` small ones (a counter, a name, a cart of two
 * articles): heap and what lies beside it, after a collection.
 */
export async function measureMemory(server: Server, sessions: number, generator: Generator): Promise<number> {
  await generator.visit(server)
  // What the first requests leave behind is the program's and not the sessions'.
  await generator.load(server, { kind: 'create', requests: 1000 })
  const before = await server.memory()
  await generator.load(server, { kind: 'create', requests: sessions })
  const after = await server.memory()
  await generator.leave(server)
  return (after - before) / sessions
}
