/** The two levels that Tessera logs at. A pino logger is one. */
export interface Logger {
  /** Something that an administrator should know; sessions work. */
  warn(details: object, message: string): void
  /** Something failed; `details` has the error as `err`. */
  error(details: object, message: string): void
}

/**
 * The same logger, whose own failures go to standard error: many of our messages are about what nobody waits for, where an
 * error would end the process.
 */
export function unfailing(logger: Logger): Logger {
  const tell = (level: keyof Logger): Logger[typeof level] => {
    return async (details, message) => {
      try {
        await logger[level](details, message)
      } catch (err) {
        consoleLogger.error({ err }, `the logger has failed. It was told: ${message}`)
      }
    }
  }
  return { warn: tell('warn'), error: tell('error') }
}

/** For applications that hand in no logger: standard error, one line a message. */
export const consoleLogger: Logger = {
  warn: (details, message) => console.warn(...lineOf(details, message)),
  error: (details, message) => console.error(...lineOf(details, message)),
}

function lineOf(details: object, message: string): unknown[] {
  const line = `koa-tessera: ${message}`
  return Object.keys(details).length === 0 ? [line] : [line, details]
}
