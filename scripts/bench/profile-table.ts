import { type Profile, shares } from './profile.js'
import type { Table } from './tables.js'

/** How many of Tessera's functions are named. */
const NAMED = 8

export function profileTable(profiles: readonly Profile[]): Table {
  return {
    title: 'Where the time goes',
    note:
      'Microseconds a request on the main thread, by V8’s sampling profiler, which costs a little itself; `JSON` counts ' +
      'where it is called, and SQLite’s own work is on other threads. What a row has more than bare Koa’s is what the ' +
      'session costs.',
    heads: ['', ...shares, 'together'],
    rows: profiles.map(({ name, kind, shares: found }) => {
      const times = shares.map((share) => found.get(share) ?? 0)
      const together = times.reduce((sum, time) => sum + time, 0)
      return [`${name}, ${kind}`, ...[...times, together].map((time) => time.toFixed(1))]
    }),
  }
}

/** Tessera's own functions that cost the most, a line for each profile that has any. */
export function functionLines(profiles: readonly Profile[]): string[] {
  return profiles.flatMap(({ name, kind, functions }) => {
    const named = functions
      .slice(0, NAMED)
      .map((one) => `${one.name || 'a function without a name'} ${one.microseconds.toFixed(1)}`)
    return named.length === 0 ? [] : [`${name}, ${kind}: ${named.join(', ')}`]
  })
}
