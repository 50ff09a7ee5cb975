import type { EngineUnderTest } from './store.js'

export const memory: EngineUnderTest = {
  title: 'cache',
  head: 'cache',
  engine: 'cache',
  oneProcess: true,
  prepare: async () => ({ options: {}, discard: async () => {} }),
}
