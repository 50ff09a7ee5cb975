/** The two levels that Tessera logs at. A pino logger is one. */
export interface Logger {
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** For applications that hand in no logger: standard error, one line a message. */
export const consoleLogger: Logger = {
  warn: (details, message) => console.warn(...lineOf(details, message)),
  error: (details, message) => console.error(...lineOf(details, message)),
}

function lineOf(details: object, message: string): unknown[] {
  const line = `tessera: ${message}`
  return Object.keys(details).length === 0 ? [line] : [line, details]
}
