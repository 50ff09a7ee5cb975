import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { conformanceCases, runCase } from '../../../src/lib/conformance/index.js'
import type { SessionStore, StoredEntry } from '../../../src/lib/engines/session-store.js'
import { storeEngine } from '../../../src/lib/index.js'
import { type Entries, myStore } from '../../support/stores/of-others.js'

interface Fault {
  /** The methods that are wrong. */
  readonly methods: (entries: Entries, good: SessionStore) => Partial<SessionStore>
  /** What the first broken promise is called. */
  readonly title: RegExp
  /** What somebody reads who has written such a store. */
  readonly message: RegExp
}

function isAlive(entry: StoredEntry | undefined, now: number): entry is StoredEntry {
  return entry?.version !== undefined && entry.expires > now
}

/** Stores with one fault each. */
const faults: Readonly<Record<string, Fault>> = {
  '`read` answers null where nothing stands': {
    methods: (entries) => ({ read: async (key) => entries.get(key) ?? (null as unknown as undefined) }),
    title: /^`read` answers the text/,
    message: /`read` must answer `undefined` where nothing is/,
  },
  '`read` forgets the end': {
    methods: (entries) => ({
      read: async (key) => {
        const entry = entries.get(key)
        return entry && { ...entry, expires: undefined as unknown as number }
      },
    }),
    title: /^`read` answers the text/,
    message: /`expires` was stored as \d+, and read as undefined/,
  },
  '`read` forgets the version': {
    methods: (entries) => ({
      read: async (key) => {
        const entry = entries.get(key)
        return entry && { ...entry, version: undefined }
      },
    }),
    title: /^`read` answers the text/,
    message: /`version` was stored as 1, and read as undefined/,
  },
  'versions come back as texts': {
    methods: (entries) => ({
      read: async (key) => {
        const entry = entries.get(key)
        return entry && { ...entry, version: entry.version && String(entry.version) }
      },
    }),
    title: /^`read` answers the text/,
    message: /`version` was stored as 1, and read as '1'/,
  },
  'a tombstone gets a version': {
    methods: (entries) => ({
      read: async (key) => {
        const entry = entries.get(key)
        return entry && { ...entry, version: entry.version ?? 0 }
      },
    }),
    title: /^`read` answers the text/,
    message: /a tombstone has no version/,
  },
  'ends are cut down to seconds': {
    methods: (_, { insert }) => ({
      insert: (key, entry) => insert(key, { ...entry, expires: Math.floor(entry.expires / 1000) * 1000 }),
    }),
    title: /^`read` answers the text/,
    message: /`expires` was stored as \d+, and read as \d+000/,
  },
  'texts are cut off': {
    methods: (_, { insert }) => ({
      insert: (key, entry) => insert(key, { ...entry, text: entry.text.slice(0, 50) }),
    }),
    title: /^`read` answers the text/,
    message: /`read` answers another text than was stored/,
  },
  '`read` answers the object that is stored, and `extend` changes it': {
    methods: (entries) => ({
      extend: async (key, expires, now) => {
        const entry = entries.get(key)
        if (isAlive(entry, now)) Object.assign(entry, { expires })
        return isAlive(entry, now)
      },
    }),
    title: /^`read` answers what does not change afterwards/,
    message: /it must be a copy/,
  },
  '`insert` overwrites tombstones': {
    methods: (entries) => ({
      insert: async (key, entry) => {
        if (entries.get(key)?.version !== undefined) return false
        entries.set(key, entry)
        return true
      },
    }),
    title: /^`insert` stores nothing where anything stands/,
    message: /`insert` overwrote a tombstone/,
  },
  '`insert` overwrites what has expired, by its own clock': {
    methods: (entries) => ({
      insert: async (key, entry) => {
        if ((entries.get(key)?.expires ?? 0) > Date.now()) return false
        entries.set(key, entry)
        return true
      },
    }),
    title: /^`insert` stores nothing where anything stands/,
    message: /`insert` overwrote a session that is alive/,
  },
  '`insert` looks, and writes later': {
    methods: (entries) => ({
      insert: async (key, entry) => {
        if (entries.has(key)) return false
        await turn()
        entries.set(key, entry)
        return true
      },
    }),
    title: /^of `insert`s at one key at the same moment one is done/,
    message: /`insert` must look and write in one atomic step/,
  },
  '`replace` looks at no version': {
    methods: (entries) => ({
      replace: async (key, entry, _version, now) => {
        if (!isAlive(entries.get(key), now)) return false
        entries.set(key, entry)
        return true
      },
    }),
    title: /^`replace` is done if/,
    message: /`replace` must answer false where the session has another version/,
  },
  '`replace` revives what has expired': {
    methods: (entries) => ({
      replace: async (key, entry, version) => {
        if (entries.get(key)?.version !== version) return false
        entries.set(key, entry)
        return true
      },
    }),
    title: /^`replace` is done if/,
    message: /`replace` must answer false where the session has expired/,
  },
  '`replace` answers false and writes all the same': {
    methods: (entries, { replace }) => ({
      replace: async (key, entry, version, now) => {
        const isDone = await replace(key, entry, version, now)
        if (entries.has(key)) entries.set(key, entry)
        return isDone
      },
    }),
    title: /^`replace` is done if/,
    message: /`replace` changed what is there where the session has another version/,
  },
  '`replace` compares, and writes later': {
    methods: (entries) => ({
      replace: async (key, entry, version, now) => {
        const there = entries.get(key)
        if (!isAlive(there, now) || there.version !== version) return false
        await turn()
        entries.set(key, entry)
        return true
      },
    }),
    title: /^of `replace`s of one version/,
    message: /`replace` must compare and write in one atomic step/,
  },
  '`extend` ignores `now`': {
    methods: (entries) => ({
      extend: async (key, expires) => {
        const entry = entries.get(key)
        if (entry?.version === undefined) return false
        entries.set(key, { ...entry, expires })
        return true
      },
    }),
    title: /^`extend` moves the end/,
    message: /`extend` must answer false where the session has expired/,
  },
  '`extend` extends tombstones': {
    methods: (entries) => ({
      extend: async (key, expires, now) => {
        const entry = entries.get(key)
        if (entry === undefined || entry.expires <= now) return false
        entries.set(key, { ...entry, expires })
        return true
      },
    }),
    title: /^`extend` moves the end/,
    message: /`extend` must answer false where a tombstone stands/,
  },
  '`extend` looks, and writes back later': {
    methods: (entries) => ({
      extend: async (key, expires, now) => {
        const entry = entries.get(key)
        if (!isAlive(entry, now)) return false
        await turn()
        entries.set(key, { ...entry, expires })
        return true
      },
    }),
    title: /^`extend` at the same moment as `replace`/,
    message: /`extend` undid a `replace`/,
  },
  '`move` leaves no tombstone': {
    methods: (entries, { move }) => ({
      move: async (moving, version, now) => {
        const isDone = await move(moving, version, now)
        if (isDone) entries.delete(moving.from)
        return isDone
      },
    }),
    title: /^`move` puts the session at the new key and the tombstone at the old one/,
    message: /`move` must put `tombstone` at `from`/,
  },
  '`move` leaves the session where it was, too': {
    methods: (entries) => ({
      move: async ({ from, to, entry }, version, now) => {
        const there = entries.get(from)
        if (!isAlive(there, now) || there.version !== version || entries.has(to)) return false
        entries.set(to, entry)
        return true
      },
    }),
    title: /^`move` puts the session at the new key/,
    message: /`move` must put `tombstone` at `from`/,
  },
  '`move` loses the session': {
    methods: (entries) => ({
      move: async ({ from, tombstone }, version, now) => {
        const there = entries.get(from)
        if (!isAlive(there, now) || there.version !== version) return false
        entries.set(from, tombstone)
        return true
      },
    }),
    title: /^`move` puts the session at the new key/,
    message: /`move` must put `entry` at `to`/,
  },
  '`move` overwrites what stands at the new key': {
    methods: (entries) => ({
      move: async ({ from, to, entry, tombstone }, version, now) => {
        const there = entries.get(from)
        if (!isAlive(there, now) || there.version !== version) return false
        entries.set(from, tombstone).set(to, entry)
        return true
      },
    }),
    title: /^`move` does both or neither/,
    message: /`move` must answer false where a session stands at the new key/,
  },
  '`move` leaves its tombstone where the new key is taken': {
    methods: (entries) => ({
      move: async ({ from, to, entry, tombstone }, version, now) => {
        const there = entries.get(from)
        if (!isAlive(there, now) || there.version !== version) return false
        entries.set(from, tombstone)
        if (entries.has(to)) return false
        entries.set(to, entry)
        return true
      },
    }),
    title: /^`move` does both or neither/,
    message: /`move` changed one of its two keys where a session stands at the new key/,
  },
  '`move` looks at no version': {
    methods: (entries) => ({
      move: async ({ from, to, entry, tombstone }, _version, now) => {
        if (!isAlive(entries.get(from), now) || entries.has(to)) return false
        entries.set(from, tombstone).set(to, entry)
        return true
      },
    }),
    title: /^`move` does both or neither/,
    message: /`move` must answer false where the session has another version/,
  },
  '`move` is two steps': {
    methods: (entries) => ({
      move: async ({ from, to, entry, tombstone }, version, now) => {
        const there = entries.get(from)
        if (!isAlive(there, now) || there.version !== version || entries.has(to)) return false
        entries.set(to, entry)
        await turn()
        entries.set(from, tombstone)
        return true
      },
    }),
    title: /^of a `move`, a `replace` and another `move`/,
    message: /`move` and `replace` must compare and write in one atomic step/,
  },
  '`remove` removes tombstones': {
    methods: (entries) => ({ remove: async (key) => entries.delete(key) }),
    title: /^`remove` removes a session/,
    message: /`remove` must answer false where a tombstone stands/,
  },
  '`remove` leaves what has expired, by its own clock': {
    methods: (entries) => ({
      remove: async (key) => isAlive(entries.get(key), Date.now()) && entries.delete(key),
    }),
    title: /^`remove` removes a session/,
    message: /`remove` must answer true where a session stands/,
  },
  '`remove` answers true to everybody': {
    methods: (entries, { remove }) => ({
      remove: async (key) => {
        const isThere = entries.get(key)?.version !== undefined
        await turn()
        await remove(key)
        return isThere
      },
    }),
    title: /^what is removed at the same moment/,
    message: /of two `remove`s of one session one must answer true/,
  },
  '`removeExpired` removes sessions that are alive, by its own clock': {
    methods: (_, { removeExpired }) => ({ removeExpired: (limit) => removeExpired(limit, Date.now()) }),
    title: /^`removeExpired` removes what has expired/,
    message: /nothing has expired yet/,
  },
  '`removeExpired` knows no limit': {
    methods: (_, { removeExpired }) => ({ removeExpired: (_limit, now) => removeExpired(1000, now) }),
    title: /^`removeExpired` removes what has expired/,
    message: /`limit` is 3/,
  },
  '`removeExpired` leaves tombstones': {
    methods: (entries) => ({
      removeExpired: async (limit, now) => {
        const keys = [...entries].flatMap(([key, { expires, version }]) =>
          version !== undefined && expires <= now ? [key] : [],
        )
        return keys.slice(0, limit).filter((key) => entries.delete(key)).length
      },
    }),
    title: /^`removeExpired` removes what has expired/,
    message: /4 sessions and 4 tombstones have expired/,
  },
  'a second `close` throws': {
    methods: () => {
      let isClosed = false
      return {
        close: async () => {
          if (isClosed) throw new Error('closed already')
          isClosed = true
        },
      }
    },
    title: /^a second `close` does nothing/,
    message: /the second `close` of the store threw[\s\S]*closed already/,
  },
  'errors are as the driver throws them': {
    methods: () => ({
      removeExpired: () => Promise.reject(new RangeError('no such table')),
    }),
    title: /^`removeExpired` removes what has expired/,
    message:
      /the engine threw RangeError: no such table\nA store that cannot answer throws EngineUnavailable[\s\S]*Nothing else may be thrown/,
  },
}

/** The promises that the store breaks: what they are called, and what is said. */
async function brokenBy(
  { methods }: Pick<Fault, 'methods'>,
  takeDown?: (entries: Entries) => void,
): Promise<readonly { readonly title: string; readonly message: string }[]> {
  const broken = []
  for (const one of conformanceCases) {
    try {
      const entries: Entries = new Map()
      const good = myStore(entries)
      const store = { ...good, ...methods(entries, good) }
      await runCase(one, () => ({
        open: () => storeEngine({ name: 'broken', store, capabilities: { shared: true } }),
        ...(takeDown && { takeDown: async () => takeDown(entries) }),
      }))
    } catch (error) {
      broken.push({ title: one.title, message: error instanceof Error ? error.message : String(error) })
    }
  }
  return broken
}

for (const [what, fault] of Object.entries(faults)) {
  test(`a store is caught where ${what}`, async (t) => {
    const broken = await brokenBy(fault)
    t.regex(broken[0]?.title ?? 'none', fault.title)
    t.true(
      broken.some(({ message }) => fault.message.test(message)),
      broken.map(({ message }) => message).join('\n'),
    )
  })
}

test('a store that says nothing of an outage is caught if it can be taken down', async (t) => {
  const down = new WeakSet<Entries>()
  const takeDown = (entries: Entries): void => {
    down.add(entries)
  }
  const silent = await brokenBy(
    {
      methods: (entries, { read }) => ({
        read: async (key) => (down.has(entries) ? undefined : read(key)),
      }),
    },
    takeDown,
  )
  t.is(silent.length, 1)
  t.regex(silent[0]?.title ?? '', /^while the store is down every call throws EngineUnavailable/)
  t.regex(silent[0]?.message ?? '', /^load must throw EngineUnavailable while the store is down/)
})
