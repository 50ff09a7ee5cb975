import { hash } from 'node:crypto'
import test from 'ava'
import type { Entries } from '../../support/stores/of-others.js'
import { acts, type Run } from './acts.js'
import { type Crew, crewOn } from './crew.js'
import { everySchedule } from './schedule.js'
import { intoCookies, outOfCookies, outOfDjango, type Rows } from './stages.js'
import { type Kind, runVisit, type Start } from './visitors.js'
import type { Role } from './world.js'

/** Of the schedules that stop both, one in so many is run; with `MOVING_EVERY=1` all of them, and all calls of the first one. */
const EVERY = Number(process.env.MOVING_EVERY ?? 197)
/** Of the calls of the first one, it is stopped before one in so many. */
const STEPS: Readonly<Record<Start, number>> = { 'where it was': 2, 'moved, and the answer was lost': 11 }

interface Stage extends Kind {
  readonly title: string
  open(): Promise<{ crew: Crew; clear: () => void }>
  /** What nobody can do there. */
  isAct(name: string, role: Role): boolean
}

const roles: readonly (readonly [one: Role, other: Role])[] = [
  ['prepare', 'prepare'],
  ['prepare', 'move'],
  ['move', 'prepare'],
  ['move', 'move'],
]

const stages: readonly Stage[] = [
  {
    title: 'out of cookies',
    cookies: 'before',
    hasUsers: true,
    async open() {
      const to: Entries = new Map()
      return { crew: await crewOn(outOfCookies(to)), clear: () => to.clear() }
    },
    // No list has what is in a cookie.
    isAct: (name, role) => name !== 'mover' && (role === 'move' || !name.startsWith('revoke')),
  },
  {
    title: 'out of Django’s table',
    cookies: 'never',
    hasUsers: false,
    async open() {
      const [from, to]: [Rows, Entries] = [new Map(), new Map()]
      const crew = await crewOn(outOfDjango(from, to), ({ wrongs }) => {
        const inTable = [...from].some(([key, { text }]) => isSession(text) && to.has(claimOn(key)))
        const inStore = [...to.values()].some(({ text }) => JSON.parse(text).value.data?.started === 1)
        if (inTable && inStore) wrongs.push('a process can write to the session in both places')
      })
      return {
        crew,
        clear: () => {
          from.clear()
          to.clear()
        },
      }
    },
    isAct: (name, role) =>
      name !== 'mover' && !name.startsWith('revoke') && (role === 'move' || !name.endsWith('log-in')),
  },
  {
    title: 'into cookies',
    cookies: 'afterwards',
    hasUsers: true,
    async open() {
      const [from, revoked]: [Entries, Entries] = [new Map(), new Map()]
      return {
        crew: await crewOn(intoCookies(from, revoked)),
        clear: () => {
          from.clear()
          revoked.clear()
        },
      }
    },
    isAct: (name, role) => name !== 'mover' && (name !== 'revoke' || role === 'prepare'),
  },
]

function claimOn(id: string): string {
  return `keyv:moved-${hash('sha256', id, 'hex')}`
}

/** What Django signs is in base64. */
function isSession(text: string): boolean {
  return Buffer.from(text.split(':')[0] ?? '', 'base64url')
    .toString()
    .includes('"started"')
}

/** What is written while the session moves: all schedules are run. */
function isVital(start: Start, ...both: string[]): boolean {
  return start === 'where it was' && both.sort().join() === 'read,write'
}

for (const stage of stages)
  for (const [one, other] of roles)
    test(`${stage.title}: whatever ${one} and ${other} do at the same moment, nothing is lost and nothing undone`, async (t) => {
      const { crew, clear } = await stage.open()
      const [first, second] = [await crew.world.actor(one), await crew.world.actor(other)]
      const named = (role: Role): string[] => Object.keys(acts).filter((name) => stage.isAct(name, role))
      let runs = 0
      let schedules = 0
      const starts: readonly Start[] = ['where it was', 'moved, and the answer was lost']
      for (const start of starts)
        for (const a of named(one))
          for (const b of named(other)) {
            const step = process.env.MOVING_EVERY === undefined ? STEPS[start] : 1
            const every = (): boolean => isVital(start, a, b) || schedules++ % EVERY === 0
            await everySchedule({ from: schedules % step, step, every }, (cut) => {
              clear()
              runs++
              return runVisit(t, crew, stage, {
                first: { name: a, actor: first },
                second: { name: b, actor: second },
                start,
                cut,
              })
            })
          }
      t.log(`${runs} runs`)
      t.true(runs > 100)
    })

for (const stage of stages)
  for (const when of ['before the second begins', 'while both stand still'] as const)
    test(`${stage.title}: what a process that prepares writes ${when} is not lost, whichever of the two moves the session`, async (t) => {
      const { crew, clear } = await stage.open()
      const [first, second] = [await crew.world.actor('move'), await crew.world.actor('move')]
      const act = async ({ id }: Run): Promise<string | undefined> => {
        const session = await crew.prepare.sessions.open(id)
        session.set('third', 1)
        await session.save()
        return session.id
      }
      let runs = 0
      await everySchedule({ from: 0, step: 1, every: () => true }, (cut) => {
        clear()
        runs++
        return runVisit(t, crew, stage, {
          first: { name: 'read', actor: first },
          second: { name: 'read', actor: second },
          start: 'where it was',
          cut,
          third: { when, act },
        })
      })
      t.log(`${runs} runs`)
      t.true(runs > 20)
    })
