import { openEngine } from '../engines/registry.js'
import type { Settings } from '../settings/settings.js'
import { roundTrips } from './check-engine.js'
import { files } from './check-files.js'
import { oldPlace } from './check-move.js'
import { packages } from './check-packages.js'
import { server } from './check-store.js'
import { failureText } from './failure.js'
import type { Finding, Status } from './finding.js'
import type { Layers } from './layers.js'
import { harmless, json, paint } from './terminal.js'

/** Opens what the settings name and looks at it. Answers the exit code: 1 if something is wrong. */
export async function examine(
  read: () => Promise<Layers>,
  options: { readonly json?: true },
): Promise<number> {
  const layers = await read()
  const findings = [...aboutSettings(layers), ...(layers.settings ? await aboutEngine(layers.settings) : [])]
  const ok = !findings.some(({ status }) => status === 'wrong')
  const { environment } = layers
  process.stdout.write(options.json ? json({ ok, environment, findings }) : reportOf(findings))
  return ok ? 0 : 1
}

function aboutSettings({ environment, faults, warnings, settings, others = [] }: Layers): Finding[] {
  const wrong = faults.map(
    ({ name, value, layer, problem, remedy }): Finding => ({
      about: 'settings',
      status: 'wrong',
      text: `${name}${value === undefined ? '' : ` = ${value} (${layer})`} ${problem}. ${remedy}`,
    }),
  )
  const doubtful = warnings.map((text): Finding => ({ about: 'settings', status: 'doubtful', text }))
  // Only the application knows which names are its own. One that is nearly a setting's is more likely misspelled.
  const foreign = others.map(
    (text): Finding => ({
      about: 'settings',
      status: text.includes('Did you mean') ? 'doubtful' : 'note',
      text: `${text} Only an application that declares it, loadSettings({ own: … }), starts with it.`,
    }),
  )
  const fine: Finding = { about: 'settings', status: 'good', text: 'each has a value that it may have' }
  return [
    { about: 'Node.js', status: 'note', text: process.versions.node },
    environmentFinding(environment),
    ...wrong,
    ...doubtful,
    ...foreign,
    ...([...wrong, ...doubtful, ...foreign].every(({ status }) => status === 'note') ? [fine] : []),
    ...(settings?.cleanupInterval === 0
      ? [
          {
            about: 'settings',
            status: 'note',
            text: 'CLEANUP_INTERVAL is 0: `koa-tessera clear-sessions` has to run every so often',
          } as const,
        ]
      : []),
  ]
}

function environmentFinding(environment: string): Finding {
  const about = 'environment'
  if (environment === 'production') return { about, status: 'good', text: 'production' }
  const text = `${environment}: for people who are not you, NODE_ENV=production has Secure cookies and timeouts`
  return { about, status: 'note', text }
}

async function aboutEngine(settings: Settings): Promise<Finding[]> {
  const logged: string[] = []
  const log = (_: object, message: string): void => {
    logged.push(message)
  }
  const about = `engine ${settings.engine}`
  const adapters = await packages(settings)
  const since = performance.now()
  try {
    const engine = await openEngine(settings.engine, settings, {
      clock: Date.now,
      logger: { warn: log, error: log },
    })
    try {
      const took = performance.now() - since
      const trips = await roundTrips(engine, settings)
      return [
        { about, status: 'good', text: `opens, in ${took.toFixed(0)} ms` },
        shared(engine.capabilities.shared, settings),
        ...logged.map((text): Finding => ({ about, status: 'doubtful', text })),
        ...adapters,
        ...(await server(settings)),
        ...(await files(settings)),
        ...trips,
        ...(await oldPlace(settings)),
      ]
    } finally {
      await engine.close()
    }
  } catch (error) {
    return [...adapters, { about, status: 'wrong', text: failureText(error) }]
  }
}

function shared(isShared: boolean, { environment }: Settings): Finding {
  const about = 'processes'
  if (isShared) return { about, status: 'good', text: 'several see the same sessions' }
  const text = 'sessions are seen by one process only; where several serve a site, choose db or redis'
  return { about, status: environment === 'production' ? 'doubtful' : 'note', text }
}

const SIGNS: Readonly<Record<Status, string>> = {
  good: paint('green', '✓'),
  note: paint('dim', '·'),
  doubtful: paint('yellow', '!'),
  wrong: paint('red', '✗'),
}

function reportOf(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ about }) => about.length))
  const lines = findings.map(({ about, status, text }) => {
    const line = `${about.padEnd(width)}   ${harmless(text)}`
    return `  ${SIGNS[status]} ${status === 'note' ? paint('dim', line) : line}`
  })
  const count = (status: Status): number => findings.filter((one) => one.status === status).length
  const [wrong, doubtful] = [count('wrong'), count('doubtful')]
  const sum =
    wrong + doubtful === 0
      ? paint('green', 'Nothing is wrong.')
      : paint(wrong > 0 ? 'red' : 'yellow', `${wrong} wrong, ${doubtful} to look at`)
  return `\n${lines.join('\n')}\n\n  ${sum}\n\n`
}
