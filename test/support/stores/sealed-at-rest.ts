import type { EngineUnderTest } from './store.js'

/** The same engine and store, with records that are sealed. */
export function sealedAtRest(under: EngineUnderTest): EngineUnderTest {
  return {
    ...under,
    title: `${under.title}, sealed`,
    head: `${under.head}*`,
    async prepare() {
      const store = await under.prepare()
      return { ...store, options: { ...store.options, codec: 'sealed' } }
    },
  }
}
