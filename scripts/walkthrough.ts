/** `npm run walkthrough`: plays the site's walkthroughs in the terminal, as a client of a server of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, Option } from 'commander'
import { ENGINE_NAMES } from '../src/engines/names.js'
import { loadSettings, type Settings } from '../src/index.js'
import { startFault } from '../src/process/start-fault.js'
import { play } from './walkthrough/play.js'
import { jsonFor, linesFor, paintOn } from './walkthrough/print.js'
import { scenes } from './walkthrough/scenes/index.js'
import { openSite } from './walkthrough/site.js'

/** Between two things that happen: milliseconds. */
const PACE = 700

interface Options {
  readonly engine?: string
  readonly only?: readonly string[]
  readonly fast?: true
  readonly json?: true
}

const slugs = scenes.map(({ slug }) => slug)

const options = new Command('npm run walkthrough --')
  .description('Plays every walkthrough and prints each request, cookie and stored record.')
  .addOption(
    new Option('--engine <name>', 'on this engine instead of the one in the settings').choices(ENGINE_NAMES),
  )
  .addOption(new Option('--only <slug...>', 'these walkthroughs alone').choices(slugs))
  .option('--fast', 'without pauses')
  .option('--json', 'one JSON object a line, without pauses')
  .parse()
  .opts<Options>()

const paint = paintOn(process.stdout)

// Whoever pipes this into `head` has seen enough.
process.stdout.on('error', () => process.exit())

function say(text: string): void {
  if (options.json === undefined) process.stdout.write(text)
}

/** The settings in effect, except that nothing is left behind in the directories that they name. */
async function settingsFor(directory: string): Promise<Settings> {
  const { DATABASE_URL, SESSION_FILE_PATH, SESSION_ENGINE } = process.env
  return loadSettings({
    configDir: fileURLToPath(new URL('../config', import.meta.url)),
    env: {
      ...process.env,
      SESSION_ENGINE: options.engine ?? SESSION_ENGINE,
      DATABASE_URL: DATABASE_URL ?? `sqlite:${join(directory, 'sessions.sqlite')}`,
      SESSION_FILE_PATH: SESSION_FILE_PATH ?? join(directory, 'sessions'),
    },
  })
}

async function walk(directory: string): Promise<boolean> {
  const logger = {
    warn: () => {},
    error: (details: object, message: string) => console.error(message, details),
  }
  const site = await openSite(await settingsFor(directory), logger)
  try {
    const chosen = scenes.filter(({ slug }) => options.only?.includes(slug) ?? true)
    const failed: string[] = []
    for (const scene of chosen) {
      const tell: Parameters<typeof play>[1]['tell'] = (event) => {
        process.stdout.write(options.json ? `${jsonFor(event)}\n` : linesFor(event, paint))
      }
      const pace = options.fast || options.json ? 0 : PACE
      if (!(await play(scene, { site, pace, tell }))) failed.push(scene.slug)
    }
    const engine = site.sessions.engine.name
    if (failed.length === 0)
      say(`\n${paint('green', `  ${chosen.length} walkthroughs on ${engine}: all as they say`)}\n\n`)
    else
      say(
        `\n${paint('red', `  ${failed.length} of ${chosen.length} walkthroughs on ${engine} failed: ${failed.join(', ')}`)}\n\n`,
      )
    return failed.length === 0
  } finally {
    await site.close()
  }
}

const directory = await mkdtemp(join(tmpdir(), 'tessera-walkthrough-'))
try {
  process.exitCode = (await walk(directory)) ? 0 : 1
} catch (error) {
  console.error(startFault(error))
  process.exitCode = 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
