/** `npm run walkthrough`: plays the site's walkthroughs in the terminal, as a client of a server of its own. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { paintOn } from '../src/lib/commands/terminal.js'
import { ENGINE_NAMES } from '../src/lib/engines/names.js'
import { startFault } from '../src/site/process/announce.js'
import { loadSiteSettings, type SiteSettings } from '../src/site/settings.js'
import { playAll } from './walkthrough/play.js'
import { scenes } from './walkthrough/scenes/index.js'
import { openSite } from './walkthrough/site.js'

/** The pause after each event: milliseconds. */
const PACE = 700

interface Options {
  readonly engine?: string
  readonly only?: readonly string[]
  readonly fast?: true
  readonly json?: true
}

const options = new Command('npm run walkthrough --')
  .description('Plays every walkthrough and prints each request, cookie and stored record.')
  .addOption(
    new Option('--engine <name>', 'on this engine instead of the one in the settings').choices(ENGINE_NAMES),
  )
  .addOption(
    new Option('--only <slug...>', 'these walkthroughs alone').choices(scenes.map(({ slug }) => slug)),
  )
  .option('--fast', 'without pauses')
  .option('--json', 'one JSON object a line, without pauses')
  .allowExcessArguments(false)
  .parse()
  .opts<Options>()

/** The scenes are written for these settings. */
const TOLD = {
  COOKIE_PATH: '/',
  EXPIRE_AT_BROWSER_CLOSE: 'false',
  NESTED_CHANGES: 'compare',
  OTHER_SITE_PORT: '0',
  SAVE_EVERY_REQUEST: 'false',
  SHOW_INTERNALS: 'true',
}

/** The settings in effect, with those above. Nothing is left behind, and no other sessions are touched. */
async function settingsFor(directory: string): Promise<SiteSettings> {
  const { DATABASE_URL, SESSION_FILE_PATH, SESSION_ENGINE } = process.env
  return loadSiteSettings({
    env: {
      ...process.env,
      ...TOLD,
      SESSION_ENGINE: options.engine ?? SESSION_ENGINE,
      DATABASE_URL: DATABASE_URL ?? `sqlite:${join(directory, 'sessions.sqlite')}`,
      SESSION_FILE_PATH: SESSION_FILE_PATH ?? join(directory, 'sessions'),
      // The scenes move the clock and call `clearExpired`, which would remove other sessions under the same prefix.
      KEY_PREFIX: `walkthrough-${randomBytes(4).toString('hex')}`,
    },
  })
}

async function walk(directory: string, signal: AbortSignal): Promise<boolean> {
  const site = await openSite(await settingsFor(directory), {
    warn: () => {},
    error: ({ err }: { err?: unknown }, message) => {
      console.error(err instanceof Error ? `${message}: ${err.message}` : message)
    },
  })
  try {
    return await playAll(
      scenes.filter(({ slug }) => options.only?.includes(slug) ?? true),
      {
        site,
        pace: options.fast || options.json ? 0 : PACE,
        signal,
        write: (text) => process.stdout.write(text),
        columns: process.stdout.columns,
        ...(options.json ? {} : { paint: paintOn(process.stdout) }),
      },
    )
  } finally {
    await site.discard()
  }
}

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(signal))
// Piped into `head`, the output is closed early: that is no failure.
process.stdout.on('error', () => stop.abort('EPIPE'))

const directory = await mkdtemp(join(tmpdir(), 'tessera-walkthrough-'))
try {
  process.exitCode = (await walk(directory, stop.signal)) ? 0 : 1
} catch (error) {
  if (stop.signal.aborted) {
    process.exitCode = stop.signal.reason === 'EPIPE' ? 0 : 130
  } else {
    console.error(startFault(error))
    process.exitCode = 1
  }
} finally {
  await rm(directory, { recursive: true, force: true })
}
