import { momentsIn } from '../../../src/lib/codecs/django/moments.js'
import { DjangoSigner, SESSION_SALT } from '../../../src/lib/codecs/django/signing.js'
import { DjangoEngine } from '../../../src/lib/engines/django/django-engine.js'
import type { DjangoRow, DjangoStore } from '../../../src/lib/engines/django/django-store.js'
import type { Engine } from '../../../src/lib/engines/engine.js'
import { IntoCookies } from '../../../src/lib/engines/moving/into-cookies.js'
import { IntoStore } from '../../../src/lib/engines/moving/into-store.js'
import { openSignedCookies } from '../../../src/lib/engines/signed-cookies.js'
import { StoreEngine } from '../../../src/lib/engines/store-engine.js'
import { openSessions, type SessionsOptions } from '../../../src/lib/index.js'
import { type Entries, myStore } from '../../support/stores/of-others.js'
import type { Gate } from '../gate.js'
import { type OpenProcess, type Seat, stepping } from './world.js'

const secretKey = 'Ten lords a-leaping, nine ladies dancing'
/** Milliseconds. */
const cookieAge = 1_209_600_000

export type Rows = Map<string, DjangoRow>

/** Sessions in cookies move into `to`. */
export function outOfCookies(to: Entries): OpenProcess {
  return async (role, seat) => {
    const { options } = seat
    const engine = () => storeIn(to, seat)
    const what: SessionsOptions =
      role === 'old'
        ? { engine: 'signed_cookies' }
        : { engine, ...(role !== 'new' && { moveFrom: { engine: 'signed_cookies' }, moveStep: role }) }
    return { sessions: await openSessions({ ...options, secretKey, ...what }) }
  }
}

/** Sessions in a table as Django's move into `to`. */
export function outOfDjango(from: Rows, to: Entries): OpenProcess {
  return async (role, seat) => {
    const { options, tools, gate } = seat
    const tableTools = { signer: new DjangoSigner(SESSION_SALT, [secretKey]), moments: momentsIn() }
    const table = (): Engine =>
      new DjangoEngine({ ...tools, name: 'table', store: tableIn(from, gate), tools: tableTools })
    const parts = { to: storeIn(to, seat), tools, secretKeys: [secretKey] as const, cookieAge }
    const engine =
      role === 'old'
        ? table()
        : role === 'new'
          ? parts.to
          : new IntoStore({ ...parts, from: table(), step: role })
    return { sessions: await openSessions({ ...options, engine }) }
  }
}

/** Sessions in `from` move into cookies; `revoked` remembers which of these are dead. */
export function intoCookies(from: Entries, revoked: Entries): OpenProcess {
  return async (role, seat) => {
    const { options, tools } = seat
    const keys = {
      secretKey,
      secretKeyFallbacks: [],
      cookieName: 'sessionid',
      cookieCodec: 'signed',
    } as const
    const to = await openSignedCookies(keys, tools, storeIn(revoked, seat, 'revoked'))
    const store = (): StoreEngine => storeIn(from, seat, 'from')
    const engine =
      role === 'old'
        ? store()
        : role === 'new'
          ? to
          : new IntoCookies({ from: store(), to, tools, step: role })
    const sessions = await openSessions({ ...options, engine })
    const lists = await openSessions({ ...options, engine: store() })
    return {
      sessions: {
        ...sessions,
        // As `openSessions` does where it has opened both: first where sessions come from.
        async revokeAll(userId) {
          await lists.revokeAll(userId)
          await to.revocations?.revokeUser(userId)
          return undefined
        },
      },
    }
  }
}

function storeIn(entries: Entries, { gate, tools }: Seat, name = 'to'): StoreEngine {
  const store = stepping(myStore(entries), name, gate)
  return new StoreEngine({ ...tools, name: 'store', store, capabilities: { shared: true } })
}

/** What the table does that is in a database, each step of it before the gate. */
function tableIn(rows: Rows, gate: Gate): DjangoStore {
  const isAs = (key: string, before: string, now: number): boolean => {
    const row = rows.get(key)
    return row !== undefined && row.text === before && row.expires > now
  }
  return {
    async read(key) {
      await gate.pass('from.read')
      return rows.get(key)
    },
    async insert(key, row) {
      await gate.pass('from.insert')
      if (rows.has(key)) return false
      rows.set(key, row)
      return true
    },
    async replace(key, row, before, now) {
      await gate.pass('from.replace')
      if (!isAs(key, before, now)) return false
      rows.set(key, row)
      return true
    },
    async move({ from, to }, row, before, now) {
      await gate.pass('from.move')
      if (!isAs(from, before, now)) return 'refused'
      if (rows.has(to)) return 'taken'
      rows.delete(from)
      rows.set(to, row)
      return 'moved'
    },
    async extend(key, expires, now) {
      await gate.pass('from.extend')
      const row = rows.get(key)
      if (row === undefined || row.expires <= now) return false
      rows.set(key, { ...row, expires })
      return true
    },
    async remove(key) {
      await gate.pass('from.remove')
      return rows.delete(key)
    },
    async removeExpired(limit, now) {
      await gate.pass('from.removeExpired')
      const over = [...rows].filter(([, { expires }]) => expires < now).slice(0, limit)
      for (const [key] of over) rows.delete(key)
      return over.length
    },
    async close() {},
  }
}
