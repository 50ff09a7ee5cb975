import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { questions } from '../../../src/site/demos/predictions/questions.js'
import { root } from '../../support/root.js'
import { onEngines, openSite, type Page, type Person, type Site } from './site.js'

/** A step, taken with a prediction: a form of the page, or an address. */
interface Step {
  readonly prediction: string
  take(person: Person, prediction: string, site: Site): Promise<Page>
}

const form = (path: string, action: string, typed: Record<string, string> = {}) =>
  async function take(person: Person, prediction: string): Promise<Page> {
    return person.submit(await person.open(path), action, { ...typed, prediction })
  }

const LOG_IN = '/sessions/log-in'
const ADA = { username: 'Ada', password: 'not a real one' }
const NESTED = '/sessions/nested-change'
const SHORT = '/sessions/set-get-delete'

async function prepared(person: Person): Promise<void> {
  await person.open('/sessions/page-count')
  await person.submit(await person.open(NESTED), `${NESTED}/begin`)
  await person.submit(await person.open(SHORT), `${SHORT}/set`, { name: 'Ada' })
  await person.submit(await person.open('/test-cookie'), '/test-cookie/set')
  const stolen = '/labs/stolen-cookie'
  await person.submit(await person.open(stolen), `${stolen}/log-in`)
  await person.submit(await person.open(stolen), `${stolen}/steal`)
  for (const app of ['careless', 'tessera'])
    for (const [step, id] of [
      ['plant', 'given'],
      ['log-in', ''],
    ] as const)
      await person.submit(await person.open('/labs/fixation'), `/labs/fixation/${step}`, { app, id })
  await person.submit(await person.open('/labs/forged-cookie'), '/labs/forged-cookie/begin')
}

/** Each step with what the server does, in the order in which one visitor can take them. */
const steps: readonly Step[] = [
  {
    prediction: 'cookie-forge.believed',
    take: form('/cookies/page-count', '/cookies/page-count/forge', { forged: '41' }),
  },
  {
    prediction: 'session-forge.nothing',
    take: form('/sessions/page-count', '/sessions/page-count/forge', { id: 'a'.repeat(32) }),
  },
  {
    prediction: 'test-cookie.worked',
    take: (person, prediction) => person.open(`/test-cookie/check?set=yes&prediction=${prediction}`),
  },
  {
    prediction: 'tampered.noticed',
    async take(person, prediction) {
      const page = await person.open('/four-ways')
      const count = page.value('form[action="/four-ways"] input[name=count]')
      return person.open(`/four-ways?count=${count}&prediction=${prediction}`)
    },
  },
  {
    prediction: 'get-session.gone',
    async take(person, prediction, site) {
      const asked = `${SHORT}/get?prediction=${prediction}`
      // Whoever does not wait is told nothing yet.
      const early = await person.open(asked)
      site.now += 30_000
      return early.has('#predicted') ? early : person.open(asked)
    },
  },
  {
    prediction: 'delete-key.stays',
    async take(person, prediction) {
      await person.submit(await person.open(SHORT), `${SHORT}/set`, { name: 'Ada' })
      return form(SHORT, `${SHORT}/delete`)(person, prediction)
    },
  },
  { prediction: 'flush.ends', take: form(SHORT, `${SHORT}/flush`) },
  { prediction: 'compared.saved', take: form(NESTED, `${NESTED}/compared`) },
  { prediction: 'ignored.lost', take: form(NESTED, `${NESTED}/django/ignored`) },
  { prediction: 'modified.saved', take: form(NESTED, `${NESTED}/django/modified`) },
  { prediction: 'log-in.changes', take: form(LOG_IN, LOG_IN, ADA) },
  { prediction: 'log-out.gone', take: form(LOG_IN, `${LOG_IN}/out`) },
  { prediction: 'stolen-cookie.in', take: form('/labs/stolen-cookie', '/labs/stolen-cookie/use') },
  {
    prediction: 'fixation.in',
    take: form('/labs/fixation', '/labs/fixation/look', { app: 'careless', id: '' }),
  },
  {
    prediction: 'fixation.out',
    take: form('/labs/fixation', '/labs/fixation/look', { app: 'tessera', id: '' }),
  },
  {
    prediction: 'forged-cookie.refused',
    take: form('/labs/forged-cookie', '/labs/forged-cookie/forge', { kind: 'signed' }),
  },
  { prediction: 'script.one', take: form('/labs/script', '/labs/script/set') },
]

onEngines(
  'each step tells whether its prediction came true, and what happened if it did not',
  async (t, site) => {
    for (const isRight of [true, false]) {
      const person = site.person()
      // The log-out ends the session under which a page's token was given.
      person.browser.saysOrigin = true
      await prepared(person)
      for (const { prediction, take } of steps) {
        const [name = '', value] = prediction.split('.')
        const answers = questions.get(name)?.answers ?? []
        const said = answers.find((one) => (one.value === value) === isRight)
        const did = answers.find((one) => one.value === value)
        const page = await take(person, `${name}.${said?.value}`, site)
        t.is(
          page.text('#predicted'),
          `You said: ${said?.text} ${isRight ? 'That is what happened.' : `What happened: ${did?.text}`}`,
        )
        t.false((await person.open(page.path.split('?')[0] ?? '')).has('#predicted'), `${name} is told once`)
      }
    }
  },
)

test('two tabs: the race is predicted like every other step', async (t) => {
  for (const [engine, truth] of [
    ['cache', 'both'],
    ['signed_cookies', 'one'],
  ] as const) {
    const person = (await openSite(t, { SESSION_ENGINE: engine })).person()
    const page = await form('/sessions/two-tabs', '/sessions/two-tabs/race')(person, `race.${truth}`)
    t.regex(page.text('#predicted') ?? '', /That is what happened\.$/)
  }
})

test('what is no prediction, and a step that was refused, tell nothing', async (t) => {
  const site = await openSite(t)
  const path = '/cookies/page-count'
  for (const prediction of [
    '',
    'cookie-forge',
    'cookie-forge.maybe',
    '__proto__.x',
    '<b>.<i>',
    'x'.repeat(5000),
  ]) {
    const person = site.person()
    const page = await form(path, `${path}/forge`, { forged: '5' })(person, prediction)
    t.is(page.text('#count'), '6')
    t.false(page.has('#predicted'), prediction)
    t.deepEqual(
      [...person.cookies.keys()].filter((name) => name.endsWith('prediction')),
      [],
    )
    person.cookies.set('inspector-prediction', encodeURIComponent(prediction))
    const read = await person.open(path)
    t.false(read.has('#predicted'))
    t.is(read.status, 200)
  }
  const refused = await form(path, `${path}/forge`, { forged: 'abc' })(site.person(), 'cookie-forge.noticed')
  t.is(refused.status, 422)
  t.false(refused.has('#predicted'))
})

test('every question is asked on a page, and has two or three answers', async (t) => {
  const views = join(root, 'views')
  const names = (await readdir(views, { recursive: true })).filter((name) => name.endsWith('.ejs'))
  const texts = await Promise.all(names.map((name) => readFile(join(views, name), 'utf8')))
  const asked = texts.flatMap((text) =>
    [...text.matchAll(/predict', \{ id: '([\w-]+)'/g)].map(([, id]) => id),
  )
  // The other site asks this one on a page that is no view.
  t.deepEqual([...new Set([...asked, 'other-site'])].sort(), [...questions.keys()].sort())
  t.true(questions.size >= 10)
  for (const { answers } of questions.values()) t.true(answers.length === 2 || answers.length === 3)
})
