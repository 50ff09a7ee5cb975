import type { ExecutionContext } from 'ava'
import { record } from '../../../src/lib/conformance/case.js'
import { createIn, rotateIn } from '../../../src/lib/conformance/drawing.js'
import { found } from '../../../src/lib/conformance/outcomes.js'
import type { Answer } from '../../support/client.js'
import { COOKIE_AGE, onStore, onStoreAndCookie, type Site } from '../../support/site.js'
import {
  callsOf,
  type Elsewhere,
  type Incoming,
  inCookie,
  lifeAfter,
  type Row,
  rows,
  views,
} from './matrix-rows.js'

/** How long the session has been there when the request comes: milliseconds. */
const PASSED = 10_000

for (const row of rows) {
  const { view, incoming } = row
  // Only an engine that keeps the sessions can know that one goes on under another id.
  const register = incoming === 'superseded' ? onStore : onStoreAndCookie
  for (const saveEveryRequest of [false, true]) {
    const title = `${view}, ${incoming} cookie, SAVE_EVERY_REQUEST ${saveEveryRequest ? 'on' : 'off'}`
    register(`G.1 S44 S45: ${title}`, async (t, open) => {
      let endElsewhere: Elsewhere = async () => {}
      const site = await open({ '/': (ctx) => views[view](ctx, () => endElsewhere()) }, { saveEveryRequest })
      const sent = await cookieFor(incoming, site)
      endElsewhere = () => site.bench.engine.delete(sent ?? '')
      const before = await recordOf(sent, site)

      const answer = await site.send('/', sent === undefined ? {} : { cookie: `sessionid=${sent}` })

      const { expected, whenSavingEvery } = site.inCookie ? inCookie(row) : row
      const { status, vary, cookie, calls, stored } = saveEveryRequest
        ? { ...expected, ...whenSavingEvery }
        : expected
      t.is(answer.status, status)
      t.is(answer.headers.vary, vary)
      t.is(answer.headers['cache-control'], cookie === 'none' ? undefined : 'no-store', 'S45')
      t.deepEqual(site.calls, callsOf(calls))

      const held = checkCookie(t, site, { view, cookie, answer, sent })
      const after = await recordOf(held, site)
      t.deepEqual(after?.data, stored)
      const renewed = site.bench.now + lifeAfter(view).record * 1000
      if (stored !== undefined) t.is(after?.expires, cookie === 'none' ? before?.expires : renewed)
      if (cookie === 'new' && !site.inCookie) {
        t.is(await recordOf(sent, site), undefined, 'the old id is still alive')
      }
    })
  }
}

async function cookieFor(incoming: Incoming, { bench, store }: Site): Promise<string | undefined> {
  switch (incoming) {
    case 'none':
      return undefined
    case 'abc':
      return 'abc'
    case 'malformed':
      return 'not-written-like-an-id-of-ours'
    case 'unknown':
      return bench.unknownId
    case 'expired': {
      const id = await createIn(bench.engine, record(bench, { a: 1 }, 5))
      bench.now += PASSED
      return id
    }
    case 'superseded': {
      const id = await store()
      const { version } = await found(bench.engine, id)
      await rotateIn(bench.engine, id, record(bench, { a: 1 }, COOKIE_AGE), version)
      return id
    }
    case 'live': {
      const id = await store()
      bench.now += PASSED
      return id
    }
  }
}

interface Delivered {
  readonly view: Row['view']
  readonly cookie: Row['expected']['cookie']
  readonly answer: Answer
  readonly sent: string | undefined
}

/** Checks the answer's cookie, and answers the id that the browser has afterwards. */
function checkCookie(
  t: ExecutionContext,
  { idPattern }: Site,
  { view, cookie, answer, sent }: Delivered,
): string | undefined {
  t.is(answer.cookies.length, cookie === 'none' ? 0 : 1)
  const [received] = answer.cookies
  if (received === undefined) return sent

  const { 'max-age': maxAge, expires, ...fixed } = received.attributes
  t.is(received.name, 'sessionid')
  t.deepEqual(fixed, { path: '/', httponly: true, samesite: 'Lax' })
  if (cookie === 'removal') {
    t.is(received.value, '')
    t.is(maxAge, '0')
    t.is(expires, new Date(0).toUTCString())
    return undefined
  }
  t.is(received.value === sent, cookie === 'same')
  t.regex(received.value, idPattern)
  t.is(maxAge, lifeAfter(view).maxAge)
  return received.value
}

async function recordOf(id: string | undefined, site: Site) {
  const loaded = id === undefined ? undefined : await site.stored(id)
  return loaded?.kind === 'found' ? loaded.record : undefined
}
