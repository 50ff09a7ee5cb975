import test from 'ava'
import { Resealer } from '../../../../src/lib/engines/moving/reseal.js'
import { recordCodec } from '../../../../src/lib/engines/record-codec.js'
import { openSessions, type SessionsOptions, storeEngine } from '../../../../src/lib/index.js'
import { type Entries, listing, myStore } from '../../../support/stores/of-others.js'

const logger = { warn: () => {}, error: () => {} }

test('what a store that forgets must not forget is written anew so: users’ lists too', async (t) => {
  const entries: Entries = new Map()
  const factory = storeEngine({ name: 'mine', store: listing(entries) })
  const sessions = await openSessions({ engine: factory, logger, cleanupInterval: 0 })
  const session = await sessions.open()
  session.login('ann')
  await session.save()
  t.deepEqual(
    [...entries.values()].map(({ isProtected }) => isProtected),
    [true, true],
  )

  const codec = recordCodec({
    codec: 'sealed',
    secretKey: 'k'.repeat(40),
    secretKeyFallbacks: [],
    plainRecordsUntil: '2999-01-01',
    sealedSince: '2998-01-01',
  })
  const tools = { clock: Date.now, logger, codec }
  const resealer = Resealer.of(await factory(tools), tools)
  for await (const page of resealer?.keys() ?? []) for (const key of page) await resealer?.bring(key)
  for (const { text, isProtected } of entries.values()) {
    t.regex(text, /"sealed":/)
    t.true(isProtected)
  }
})

test('a place that holds leases alone is empty, also under a prefix with a colon', async (t) => {
  const from: Entries = new Map()
  const old = storeEngine({ name: 'old', store: listing(from) })
  const warnings: string[] = []
  const noting = { warn: (_: object, text: string) => warnings.push(text), error: () => {} }
  const engine = await old({ clock: Date.now, logger })
  t.true(await engine.lease?.('sweep', 60_000))
  t.is(from.size, 1)
  const options: SessionsOptions = {
    engine: storeEngine({ name: 'new', store: myStore(), keyPrefix: 'shop:2' }),
    moveFrom: { engine: old },
    logger: noting,
  }
  const moving = await openSessions(options)
  t.teardown(() => moving.close())
  t.regex(warnings.join(), /holds no sessions, and none have been moved out of it/)
})
