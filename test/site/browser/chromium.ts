import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import { findProgram } from '../../support/servers/machine.js'

const program = ['chromium', 'chromium-browser', 'google-chrome']
  .map((name) => findProgram(name))
  .find(Boolean)

/** The Debian package to install, if there is no Chromium on this machine. */
export const chromiumMissing = program === undefined ? 'chromium' : undefined

const launchOptions = {
  executablePath: program ?? '',
  // Root has no sandbox, and a machine without a network nothing to talk to in the background.
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
}

let running: Promise<Browser> | undefined

/** The browser of this process; started when first asked for. */
export function browser(): Promise<Browser> {
  running ??= chromium.launch(launchOptions)
  return running
}

/** Ends the browser of this process. */
export async function closeBrowser(): Promise<void> {
  await (await running)?.close()
  running = undefined
}

/** A browser that keeps its cookies in `directory`, as one does that a person closes and opens again. */
export function openProfile(directory: string, options: BrowserContextOptions = {}) {
  return chromium.launchPersistentContext(directory, { ...launchOptions, ...options })
}
