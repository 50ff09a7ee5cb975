import { consoleLogger } from '../logger.js'
import { openForCommand } from '../open-sessions.js'
import type { UserSession } from '../session/user-sessions.js'
import type { Sessions } from '../sessions.js'
import type { Settings } from '../settings/settings.js'
import { CommandFailed, WrongUsage } from './failure.js'
import { columns, harmless, json, paint } from './terminal.js'

const IN_MEMORY =
  'the sessions of the engine cache are in the memory of the server; this command is a process of its own and sees none'

/** Hands `work` the sessions that the settings name, and closes them. */
async function withSessions<Answer>(
  settings: Settings,
  work: (sessions: Sessions) => Promise<Answer>,
): Promise<Answer> {
  const sessions = await openForCommand({
    ...settings,
    warnings: [],
    cleanupInterval: 0,
    // What concerns a server is for the server to say; what fails beside the answer is for who asked.
    logger: { warn: () => {}, error: consoleLogger.error },
  })
  if (sessions.engine.name === 'cache') process.stderr.write(`  ! ${IN_MEMORY}\n`)
  try {
    return await work(sessions)
  } finally {
    await sessions.close()
  }
}

export interface UserOptions {
  readonly user: string
  readonly json?: true
}

/** Lists the devices on which the user is logged in. Answers the exit code. */
export async function listSessions(settings: Settings, options: UserOptions): Promise<number> {
  const found = await withSessions(settings, (sessions) => sessions.forUser(options.user))
  process.stdout.write(options.json ? json(found.map(forPrograms)) : tableOf(options.user, found))
  return 0
}

function forPrograms({ handle, device, createdAt, authenticatedAt, lastSeen }: UserSession): object {
  return { handle, device: device ?? null, createdAt, authenticatedAt, lastSeen }
}

function tableOf(user: string, found: readonly UserSession[]): string {
  if (found.length === 0) return `  ${harmless(user)} has no live session.\n`
  const rows = found.map(({ handle, device, lastSeen, authenticatedAt }) => [
    handle,
    time(lastSeen),
    time(authenticatedAt),
    device === undefined ? '–' : harmless(device),
  ])
  const [head = '', ...lines] = columns([['handle', 'last seen', 'logged in', 'device'], ...rows])
  return `\n${[paint('bold', head), ...lines].join('\n')}\n\n`
}

/** To the minute, in UTC. */
function time(date: Date): string {
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/:\d\d\.\d+Z$/, 'Z')
}

export interface RevokeOptions extends UserOptions {
  readonly all?: true
  readonly handle?: string
}

/** Ends sessions of the user. Answers the exit code: 1 if there is none with that handle. */
export async function revokeSessions(
  settings: () => Promise<Settings>,
  options: RevokeOptions,
): Promise<number> {
  const { user, handle, all } = options
  if ((all === undefined) === (handle === undefined))
    throw new WrongUsage('error: say which sessions are to end: either --all or --handle <handle>')
  const ended = await withSessions(await settings(), (sessions) =>
    handle === undefined ? sessions.revokeAll(user) : sessions.revoke(user, handle),
  )
  if (handle !== undefined && ended === 0)
    throw new CommandFailed(
      `${harmless(user)} has no live session with the handle ${harmless(handle)}: nothing was ended. \`koa-tessera sessions --user …\` lists the handles.`,
    )
  process.stdout.write(options.json ? json({ ended: ended ?? null }) : `  ${endedText(user, ended)}\n`)
  return 0
}

function endedText(user: string, ended: number | undefined): string {
  if (ended === undefined)
    return `every session of ${harmless(user)} ended; sessions are in cookies, and nobody can count those`
  return `${ended.toLocaleString('en')} ${ended === 1 ? 'session' : 'sessions'} of ${harmless(user)} ended`
}
