import test from 'ava'
import { onEngines, openSite, type Person } from './site.js'

const HERE = '/sessions/nested-change'
const WAYS = ['compared', 'django/ignored', 'django/modified'] as const

const begin = async (person: Person) => person.submit(await person.open(HERE), `${HERE}/begin`)

for (const [way, outcome, stored] of [
  ['compared', 'the change was saved', 'alloy'],
  ['django/ignored', 'the change was lost', 'steel'],
  ['django/modified', 'the change was saved', 'alloy'],
] as const) {
  onEngines(`${way}: ${outcome}`, async (t, site) => {
    const person = site.person()
    const page = await begin(person)
    t.is(page.text('.half.full .nothing'), 'steel wheels')
    t.false(page.has('.result'))

    const changed = await person.submit(page, `${HERE}/${way}`)
    t.is(changed.text('#set'), 'alloy')
    t.is(changed.text('#stored'), stored)
    t.is(changed.text('#outcome'), outcome)
    t.is((await person.open(HERE)).text('.half.full .nothing'), `${stored} wheels`)
  })
}

onEngines('the wheels go on and off again, and other data stays', async (t, site) => {
  const person = site.person()
  await person.open('/sessions/page-count')
  let page = await begin(person)
  for (const stored of ['alloy', 'steel', 'alloy']) {
    page = await person.submit(page, `${HERE}/compared`)
    t.is(page.text('#stored'), stored)
  }
  t.is((await begin(person)).text('.half.full .nothing'), 'steel wheels')
  t.is((await person.open('/sessions/page-count')).text('#count'), '2')
})

onEngines('where there is no car, nothing is changed and nothing is stored', async (t, site) => {
  const person = site.person()
  const page = await begin(person)
  const stranger = site.person()
  stranger.browser.saysOrigin = true
  for (const way of WAYS) {
    const answer = await stranger.submit(page, `${HERE}/${way}`)
    t.is(answer.status, 200)
    t.deepEqual(answer.all('.half .nothing'), ['nothing of it', 'no car yet'], 'not an id: there is none')
    t.false(answer.has('.result'))
  }
  t.false(stranger.cookies.has('sessionid'))
})

onEngines('an address that tells what nobody did is not believed', async (t, site) => {
  const person = site.person()
  await begin(person)
  for (const query of [
    'tried=ignored&set=gold',
    'tried=__proto__&set=alloy',
    'set=alloy',
    'tried=<script>&set=x',
    'tried=ignored&tried=modified&set=alloy',
  ]) {
    const page = await person.open(`${HERE}?${query}`)
    t.is(page.status, 200)
    t.false(page.has('.result'), query)
  }
  const gone = await person.open(`${HERE}?tried=ignored&set=steel`)
  t.is(gone.text('#outcome'), 'another change has followed')
  const back = await person.open(`${HERE}?tried=compared&set=alloy`)
  t.is(back.text('#outcome'), 'the change was lost, or another one has followed')
})

for (const engine of ['cache', 'signed_cookies']) {
  test(`${engine}: with SAVE_EVERY_REQUEST the same changes are saved and lost`, async (t) => {
    const site = await openSite(t, { SESSION_ENGINE: engine, SAVE_EVERY_REQUEST: 'true' })
    const person = site.person()
    const page = await begin(person)
    t.is((await person.submit(page, `${HERE}/django/ignored`)).text('#stored'), 'steel')
    t.is((await person.submit(page, `${HERE}/django/modified`)).text('#stored'), 'alloy')
    t.is((await person.submit(page, `${HERE}/compared`)).text('#stored'), 'steel')
  })
}

test('the inspector tells them apart: an update, or none', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  const page = await begin(person)
  const callsOf = async (way: string): Promise<string[]> => {
    const [, sent] =
      /The form you sent([\s\S]*?)This page/.exec((await person.submit(page, `${HERE}/${way}`)).html) ?? []
    return [...(sent ?? '').matchAll(/<li><code>(\w+)<\/code>/g)].map(([, call = '']) => call)
  }
  t.deepEqual(await callsOf('compared'), ['load', 'update'])
  t.deepEqual(await callsOf('django/ignored'), ['load'])
  t.deepEqual(await callsOf('django/modified'), ['load', 'update'])
})
