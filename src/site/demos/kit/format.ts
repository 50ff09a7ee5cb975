const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** Seconds as people say them, in the largest unit that leaves no remainder: `14 days`, `90 minutes`. */
export function formatSeconds(seconds: number): string {
  const [unit, size] = UNITS.find(([, size]) => seconds !== 0 && seconds % size === 0) ?? ['second', 1]
  const count = seconds / size
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })

/** A moment for people and for a `<time>` element's `datetime`. */
export function formatMoment(date: Date): { readonly text: string; readonly datetime: string } {
  return { text: `${format.format(date)} UTC`, datetime: date.toISOString() }
}
