import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import type { Settings } from '../settings/settings.js'
import { assertUserId } from '../users/log-in.js'
import { failureText, WrongUsage } from './failure.js'
import { checked, checkedForMove, type Layers, readLayers } from './layers.js'
import { EXPECTED } from './their-store.js'

export interface Surroundings {
  /** Where settings come from. Default: the layers of the working directory. */
  readonly read?: () => Promise<Layers>
}

/** The exit code of a command that was called in a wrong way. 1 is for one that failed. */
const WRONG_USAGE = 2

/**
 * Runs `koa-tessera` with these arguments, and answers its exit code. What goes wrong is told on standard error, without a
 * stack trace.
 */
export async function runProgram(
  args: readonly string[],
  { read = readLayers }: Surroundings = {},
): Promise<number> {
  let code = 0
  const program = programOf({
    read,
    settings: async () => checked(await read()),
    end: (ended) => {
      code = ended
    },
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    // Commander has told what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE
    process.stderr.write(`${failureText(error)}\n`)
    return error instanceof WrongUsage ? WRONG_USAGE : 1
  }
}

interface Parts {
  readonly read: () => Promise<Layers>
  readonly settings: () => Promise<Settings>
  /** Hears the exit code. */
  readonly end: (code: number) => void
}

const LAYERS = `
Settings are those of the directory where it runs: config/default, config/<NODE_ENV>, config/local, then the
environment. \`koa-tessera settings\` shows them.`

/** The code of a command is loaded when it is the one that runs. */
function programOf({ read, settings, end }: Parts): Command {
  const program = new Command('koa-tessera')
    .description('Looks after the sessions of a Koa application.')
    .version(versionOf(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(--help says what there is)')
    .exitOverride()

  program
    .command('settings')
    .description('Shows every setting, its value, and the layer that it came from.')
    .option('--json', 'print one line of JSON')
    .addHelpText(
      'after',
      `${LAYERS}\nSecrets are hidden. Exit code 1: a setting is wrong and stops the start.`,
    )
    .action(async (options) => end(await (await import('./settings.js')).showSettings(read, options)))

  program
    .command('generate-key')
    .description('Prints a new SECRET_KEY: one line for a shell or an environment file.')
    .option('--plain', 'print the key alone, for a file that holds nothing else')
    .addHelpText(
      'after',
      '\nexport $(npx koa-tessera generate-key)\nnpx koa-tessera generate-key >> server.env',
    )
    .action(async (options) => end((await import('./generate-key.js')).generateKey(options)))

  program
    .command('clear-sessions')
    .description(
      'Removes the sessions that have expired from the store that the settings name, and says how many went.',
    )
    .option('--json', 'print one line of JSON: removed, seconds, early')
    .addHelpText(
      'after',
      `\nSafe while servers run on that store. Ctrl-C ends it after the batch under way; what is left is there the next\ntime.\n${LAYERS}`,
    )
    .action(async (options) => {
      const { clearSessions } = await import('./clear-sessions.js')
      end(await clearSessions(await settings(), options))
    })

  program
    .command('move')
    .description(
      'Moves the sessions that nobody visits out of the store of MOVE_FROM. Without MOVE_FROM, writes records anew that are to be sealed, or no more, or with another key.',
    )
    .option('--rate <number>', 'sessions a second at the most', rate, 1000)
    .option('--dry-run', 'only say what would be moved; nothing is changed')
    .option('--status', 'say what is left, which processes run which step, and what is to be done next')
    .option('--stopped', 'no process runs on the old store, or with its settings: none has to be prepared')
    .option('--json', 'print one line of JSON')
    .addHelpText(
      'after',
      `\nSafe while servers run. Ctrl-C ends it after the batch under way, and the next run goes on from there; so it does after\na crash. Exit code 1: a step was left out (the message says which), or something is left.\n${LAYERS}`,
    )
    .action(async ({ status, ...options }) => {
      if (status && (options.dryRun || options.stopped))
        throw new WrongUsage('--status changes nothing, and goes with --json alone')
      const settings = checkedForMove(await read())
      end(
        status
          ? await (await import('./move-status.js')).showMoveStatus(settings, options)
          : await (await import('./move.js')).moveSessions(settings, options),
      )
    })

  program
    .command('conformance')
    .description('Tries every promise of an engine on a store, and prints what it keeps as a table.')
    .argument(
      '<store>',
      'the path of a module, such as ./my-store.js, or the name of an engine, such as redis',
    )
    .option('--json', 'print one line of JSON')
    .addHelpText(
      'after',
      `\n${EXPECTED}\n\nAn engine by its name is tried on the server that the settings name, with keys or a table of its own, which are\nremoved afterwards. Exit code 1: a promise is broken.`,
    )
    .action(async (store, options) => {
      const { tryStore } = await import('./conformance.js')
      end(await tryStore(store, settings, options))
    })

  program
    .command('sessions')
    .description('Lists the devices on which a user is logged in.')
    .requiredOption('--user <id>', 'the user, as login() was told', userId)
    .option('--json', 'print one line of JSON')
    .addHelpText('after', LAYERS)
    .action(async (options) => {
      const { listSessions } = await import('./users.js')
      end(await listSessions(await settings(), options))
    })

  program
    .command('revoke')
    .description('Ends sessions of a user: who has one open is logged out with the next request.')
    .requiredOption('--user <id>', 'the user, as login() was told', userId)
    .option('--all', 'every session of the user')
    .option('--handle <handle>', 'the one that `koa-tessera sessions` calls so')
    .option('--json', 'print one line of JSON: how many ended')
    .addHelpText('after', `${LAYERS}\nExit code 1: the user has no session with that handle.`)
    .action(async (options) => {
      const { revokeSessions } = await import('./users.js')
      end(await revokeSessions(settings, options))
    })

  program
    .command('doctor')
    .description('Opens the engine that the settings name, and says what is wrong with it or slow.')
    .option('--json', 'print one line of JSON')
    .addHelpText(
      'after',
      `${LAYERS}\nIt writes one session, reads and changes it, and removes it. Exit code 1: something is wrong.`,
    )
    .action(async (options) => end(await (await import('./doctor.js')).examine(read, options)))

  return program
}

function rate(text: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= 1 && number <= 1_000_000) return number
  throw new InvalidArgumentError('give a whole number from 1 to 1000000')
}

function userId(text: string): string {
  try {
    assertUserId(text)
    return text
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}

function versionOf(): string {
  const path = createRequire(import.meta.url).resolve('koa-tessera/package.json')
  return String(JSON.parse(readFileSync(path, 'utf8')).version)
}
