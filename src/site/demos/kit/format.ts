const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** Seconds in words, in the largest unit that leaves no remainder: `14 days`, `90 minutes`. */
export function formatSeconds(seconds: number): string {
  const [unit, size] = UNITS.find(([, size]) => seconds !== 0 && seconds % size === 0) ?? ['second', 1]
  const count = seconds / size
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })

/** A moment for people, and for a `<time>` element's `datetime`. */
export function formatMoment(date: Date): { readonly text: string; readonly datetime: string } {
  return { text: `${format.format(date)} UTC`, datetime: date.toISOString() }
}

/** The order matters: Edge also says Chrome, and Chrome also says Safari. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Headless)?(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]

/** The order matters: Android also says Linux, and an iPhone also says Mac OS X. */
const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac(?:intosh| OS X)\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

/**
 * A short name for the device behind a `User-Agent` header: `Firefox on Linux`. A hint and no proof, since a browser may
 * send anything. Undefined if the header names no browser and no system that is known here.
 */
export function deviceOf(userAgent: string): string | undefined {
  const [browser, system] = [nameIn(userAgent, browsers), nameIn(userAgent, systems)]
  if (system === undefined) return browser
  return `${browser ?? 'A browser'} on ${system}`
}

function nameIn(text: string, names: readonly (readonly [RegExp, string])[]): string | undefined {
  return names.find(([pattern]) => pattern.test(text))?.[1]
}
