import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import test from 'ava'
import type { Context } from 'koa'
import { fingerprintWith } from '../../../src/lib/codecs/keys.js'
import { openSessions } from '../../../src/lib/index.js'
import { idAfter, onStoreAndCookie } from '../../support/site.js'

const secretKey = 'k3y-of-this-test-and-of-nothing-else-0123456789'
const fingerprint = fingerprintWith(secretKey)

/** Whatever a program may show of a value without meaning to. */
const shownOf = (value: unknown): string[] => [
  inspect(value, { depth: 9, getters: false }),
  JSON.stringify(value),
  String(value),
  value instanceof Error ? JSON.stringify({ ...value }) : '',
]

onStoreAndCookie(
  'S12 nothing that shows a session, a context or an error shows an id or data',
  async (t, open) => {
    const seen: Context[] = []
    const shown: string[] = []
    const site = await open(
      {
        '/set': async (ctx) => {
          seen.push(ctx)
          const session = await ctx.session
          session.set('user', 'ada-lovelace')
          session.cycleKey()
          shown.push(...shownOf(session))
        },
        '/throw': async (ctx) => {
          seen.push(ctx)
          const session = await ctx.session
          session.cycleKey()
          ctx.throw(418, 'teapot', { headers: { 'X-Own': 'own' } })
        },
      },
      { secretKey },
    )
    const ids: string[] = []
    for (const path of ['/set', '/set', '/throw', '/throw']) {
      const before = ids.at(-1)
      const answer = await site.send(
        path,
        before === undefined ? {} : { cookie: `a=1; sessionid=${before}; b=2` },
      )
      ids.push(idAfter(answer))
    }
    t.is(new Set(ids).size, 4)
    for (const ctx of seen) for (const part of [ctx, ctx.request, ctx.response]) shown.push(...shownOf(part))
    t.is(site.errors.length, 2)
    for (const error of site.errors) shown.push(...shownOf(error), ...shownOf(error.cause))

    const all = [...shown, ...site.logged].join('\n')
    for (const id of ids) t.false(all.includes(id), 'an id is shown')
    t.false(all.includes('ada-lovelace'), 'data is shown')
    // What is shown instead, and what is left alone.
    for (const id of ids) t.true(all.includes(`sessionid=#${fingerprint(id)}`))
    t.regex(all, /a=1; sessionid=#[\w-]{10}; b=2/)
    t.regex(all, /teapot/)
  },
)

test('S12 an inspected session tells its fingerprint, its size and its flags, and was not accessed by that', async (t) => {
  const sessions = await openSessions({ engine: 'cache', secretKey })
  t.teardown(() => sessions.close())
  const session = await sessions.open()
  t.is(JSON.stringify(session), '{"size":0,"accessed":false,"modified":false}')
  t.false(session.accessed)
  session.set('a', 1).set('b', 2)
  await session.save()
  const shown = { session: fingerprint(session.id ?? ''), size: 2, accessed: true, modified: false }
  t.deepEqual(JSON.parse(JSON.stringify({ session })), { session: shown })
  t.is(inspect(session), `Session ${inspect(shown)}`)
})

test('S12 a fingerprint is the same for one id and another for another', (t) => {
  const [one, other] = [fingerprint('one'), fingerprint('other')]
  t.regex(one, /^[\w-]{10}$/)
  t.is(fingerprint('one'), one)
  t.not(other, one)
  const unkeyed = createHash('sha256').update('one').digest('base64url')
  t.false(unkeyed.startsWith(one))
  t.not(fingerprintWith('another secret')('one'), one)
  const [here, there] = [fingerprintWith(undefined), fingerprintWith(undefined)]
  t.is(here('one'), here('one'))
  t.not(here('one'), there('one'))
})
