/** Browsers also call themselves what they are like: Edge says Chrome, and Chrome Safari. So the order matters. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Headless)?(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]

/** The same: Android says Linux, and an iPhone that it is like Mac OS X. */
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
 * A short name for what sent this `User-Agent`, by which its owner may know it: `Firefox on Linux`. A hint and no proof:
 * a browser may call itself anything. Undefined if it says nothing that we know.
 */
export function deviceOf(userAgent: string): string | undefined {
  const [browser, system] = [nameIn(userAgent, browsers), nameIn(userAgent, systems)]
  if (system === undefined) return browser
  return `${browser ?? 'A browser'} on ${system}`
}

function nameIn(text: string, names: readonly (readonly [RegExp, string])[]): string | undefined {
  return names.find(([pattern]) => pattern.test(text))?.[1]
}
