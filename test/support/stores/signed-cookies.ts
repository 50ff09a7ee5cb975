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

/** Cookies whose users can be logged out everywhere, because `under` remembers it. */
export function revocableBy(under: EngineUnderTest): EngineUnderTest {
  return {
    ...sealedCookies,
    title: `signed_cookies with revocations in ${under.title}`,
    ...(under.missing && { missing: under.missing }),
    async prepare() {
      const { options, discard } = await under.prepare()
      const revocationStore = under.engine
      if (
        revocationStore === undefined ||
        revocationStore === 'signed_cookies' ||
        revocationStore === 'cached_db'
      )
        throw new TypeError(`${under.title} cannot remember revocations`)
      return { options: { ...options, revocationStore, cookieCodec: 'sealed' as const }, discard }
    },
  }
}
