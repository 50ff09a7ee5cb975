/**
 * How Django writes a moment: with `USE_TZ=True` in UTC; with `USE_TZ=False` as the local time of its `TIME_ZONE`, without
 * an offset. Each cannot save a session whose `_session_expiry` is written in the other way.
 */
export interface Moments {
  /** As the columns of SQLite and MySQL hold it: `2026-12-09 19:18:32.000250`. Never a `T` or a `Z`: SQLite compares texts. */
  toColumn(time: number): string
  /** Milliseconds since 1970, rounded down; `NaN` if it is no moment. */
  fromColumn(text: string): number
  /** As `_session_expiry` holds it: `2030-01-01T00:00:00+00:00`, without the offset where times are local. */
  toIso(time: number): string
  /** Milliseconds since 1970; `NaN` if it is no moment. A text without an offset is a local time. */
  fromIso(text: string): number
}

const NAIVE = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)$/
const AWARE = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)(?::\d\d)?$/
const DAY = 86_400_000

/**
 * `zone`: the `TIME_ZONE` of a Django with `USE_TZ=False`, such as `America/New_York`; `undefined`: `USE_TZ=True`. `onLocal` is
 * called for an expiry without an offset where no zone is known, which is taken for UTC.
 */
export function momentsIn(zone?: string, onLocal: () => void = () => {}): Moments {
  const local = zone === undefined ? undefined : new LocalTime(zone)
  const toLocal = (time: number): number => time + (local?.offsetAt(time) ?? 0)
  const fromLocal = (wall: number): number => local?.instantOf(wall) ?? wall
  return {
    toColumn: (time) => written(toLocal(time), ' '),
    fromColumn: (text) => fromLocal(wallTime(NAIVE.exec(text))),
    toIso: (time) => `${written(toLocal(time), 'T')}${local === undefined ? '+00:00' : ''}`,
    fromIso(text) {
      const [, day, hours, offset] = AWARE.exec(text) ?? []
      if (offset !== undefined) return Date.parse(`${day}T${hours}${offset}`)
      const naive = NAIVE.exec(text)
      if (naive !== null && zone === undefined) onLocal()
      return fromLocal(wallTime(naive))
    },
  }
}

/** As Python's `isoformat`: microseconds, or none if they are 0. */
function written(wall: number, separator: string): string {
  const [day = '', hours = ''] = new Date(wall).toISOString().slice(0, -1).split('T')
  return `${day}${separator}${hours.endsWith('.000') ? hours.slice(0, -4) : `${hours}000`}`
}

/** The clock on the wall, as if it were one in UTC. */
function wallTime(match: RegExpExecArray | null): number {
  return match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`)
}

class LocalTime {
  readonly #format: Intl.DateTimeFormat

  constructor(zone: string) {
    const digits = '2-digit'
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      calendar: 'iso8601',
      year: 'numeric',
      month: digits,
      day: digits,
      hour: digits,
      minute: digits,
      second: digits,
    })
  }

  /** Milliseconds from UTC to the clock on the wall. */
  offsetAt(time: number): number {
    const second = Math.floor(time / 1000) * 1000
    const parts = Object.fromEntries(
      this.#format.formatToParts(second).map(({ type, value }) => [type, value]),
    )
    const { year = '', month, day, hour, minute, second: seconds } = parts
    return Date.parse(`${year.padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${seconds}Z`) - second
  }

  /** A time that comes twice, when clocks go back, is the first of the two, as in Python. */
  instantOf(wall: number): number {
    if (Number.isNaN(wall)) return wall
    const offsets = [this.offsetAt(wall - DAY), this.offsetAt(wall + DAY)] as const
    const right = offsets.map((offset) => wall - offset).filter((time) => time + this.offsetAt(time) === wall)
    return right.length > 0 ? Math.min(...right) : wall - offsets[0]
  }
}
