import type { EngineUnderTest } from './store.js'

/** No store at all: the cookie holds the session. */
const prepared = (cookieCodec: 'sealed' | 'signed'): EngineUnderTest['prepare'] => {
  return async () => ({ options: { cookieCodec }, discard: async () => {} })
}

export const signedCookies: EngineUnderTest = {
  title: 'signed_cookies, signed',
  head: 'signed',
  engine: 'signed_cookies',
  inCookie: true,
  unknownId: `s1.${'u'.repeat(16)}.${'u'.repeat(80)}.${'u'.repeat(43)}`,
  prepare: prepared('signed'),
}

export const sealedCookies: EngineUnderTest = {
  title: 'signed_cookies, sealed',
  head: 'sealed',
  engine: 'signed_cookies',
  inCookie: true,
  unknownId: `e1.${'u'.repeat(120)}`,
  prepare: prepared('sealed'),
}
