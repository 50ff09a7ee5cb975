import test, { type ExecutionContext } from 'ava'
import { onEngines, openSite, type Page, type Person } from './site.js'

const KINDS = ['cookies', 'sessions'] as const
type Kind = (typeof KINDS)[number]

/** Registers the test for the profile in cookies and in a session, on each engine. */
function onBoth(
  title: string,
  run: (t: ExecutionContext, person: Person, here: string, kind: Kind) => Promise<unknown>,
): void {
  for (const kind of KINDS) {
    onEngines(`${kind}: ${title}`, (t, site) => run(t, site.person(), `/${kind}/profile`, kind))
  }
}

/** Gives the three answers, and answers the results. */
async function fillIn(person: Person, here: string): Promise<Page> {
  const age = await person.submit(await person.open(here), here, { name: 'Ada Lovelace' })
  const friend = await person.submit(age, `${here}/age`, { age: '36' })
  return person.submit(friend, `${here}/friend`, { friend: 'Charles Bäbbage 🧮' })
}

onBoth('three forms lead to a page that has what each of them was given', async (t, person, here) => {
  const first = await person.open(here)
  t.is(first.text('h1'), 'What is your name?')
  const age = await person.submit(first, here, { name: '  Ada Lovelace ' })
  t.is(age.path, `${here}/age`)
  t.regex(age.text('.lead') ?? '', /^Hello Ada Lovelace\./)
  const friend = await person.submit(age, `${here}/age`, { age: '36' })
  t.is(friend.path, `${here}/friend`)
  const results = await person.submit(friend, `${here}/friend`, { friend: 'Charles Bäbbage 🧮' })
  t.is(results.path, `${here}/results`)
  t.deepEqual(
    ['#name', '#age', '#friend'].map((id) => results.text(id)),
    ['Ada Lovelace', '36', 'Charles Bäbbage 🧮'],
  )
})

onBoth('who goes back finds what was typed, and another answer takes its place', async (t, person, here) => {
  await fillIn(person, here)
  t.is((await person.open(here)).value('#name'), 'Ada Lovelace')
  t.is((await person.open(`${here}/friend`)).value('#friend'), 'Charles Bäbbage 🧮')
  const age = await person.open(`${here}/age`)
  t.is(age.value('#age'), '36')
  await person.submit(age, `${here}/age`, { age: '37' })
  const results = await person.open(`${here}/results`)
  t.deepEqual([results.text('#name'), results.text('#age')], ['Ada Lovelace', '37'])
})

onBoth('who skips a step is led to the first that is missing, and told so', async (t, person, here) => {
  for (const step of ['/age', '/friend', '/results']) {
    const page = await person.open(here + step)
    t.is(page.path, `${here}?skipped`)
    t.regex(page.text('[role=status]') ?? '', /^This step comes first: your name is missing or impossible/)
  }
  const age = await person.submit(await person.open(here), here, { name: 'Ada' })
  t.false(age.has('[role=status]'))
  for (const step of ['/friend', '/results']) {
    t.is((await person.open(here + step)).path, `${here}/age?skipped`)
  }
  t.is((await person.open(`${here}/age`)).status, 200)
  t.false((await person.open(`${here}?skipped`)).has('[role=status]'), 'the name is there')
})

onBoth('start again forgets the answers, and nothing else', async (t, person, here) => {
  await person.open('/sessions/page-count')
  const results = await fillIn(person, here)
  const first = await person.submit(results, `${here}/start-again`)
  t.is(first.path, here)
  t.is(first.value('#name'), '')
  t.is((await person.open(`${here}/results`)).path, `${here}?skipped`)
  t.is((await person.open('/sessions/page-count')).text('#count'), '2')
})

onBoth(
  'what is no answer is told beside the field, kept there, and not remembered',
  async (t, person, here) => {
    const long = 'x'.repeat(5000)
    for (const [typed, problem] of [
      ['', 'A name is missing.'],
      ['   ', 'A name is missing.'],
      [long, 'A name has at most 40 characters.'],
      ['👩‍👩‍👧‍👦'.repeat(5), 'A name has at most 80 bytes: an emoji takes four or more of them.'],
      ['one\ntwo', 'A name is one line of text.'],
    ] as const) {
      const again = await person.submit(await person.open(here), here, { name: typed })
      t.is(again.status, 422)
      t.is(again.text('#name-problem'), problem)
      t.is(again.value('#name'), typed)
      t.is((await person.open(here)).value('#name'), '')
    }
    await person.submit(await person.open(here), here, { name: 'Ada' })
    for (const [typed, problem] of [
      ['', 'An age is missing.'],
      ['-1', 'An age is from 0 to 150.'],
      ['1e9', 'An age is a whole number, such as 1.'],
      ['151', 'An age is from 0 to 150.'],
      [long, 'An age is a whole number, such as 1.'],
      ['__proto__', 'An age is a whole number, such as 1.'],
    ] as const) {
      const again = await person.submit(await person.open(`${here}/age`), `${here}/age`, { age: typed })
      t.deepEqual([again.status, again.text('#age-problem'), again.value('#age')], [422, problem, typed])
    }
    t.is((await person.open(`${here}/friend`)).path, `${here}/age?skipped`)
  },
)

onBoth('a form without its field, or with two of it, is an empty one', async (t, person, here) => {
  const page = await person.open(here)
  const token = Object.entries(page.hiddenIn(here))
  for (const fields of [
    [],
    [
      ['name', 'a'],
      ['name', 'b'],
    ],
    [['name[x]', 'a']],
    [['__proto__[name]', 'a']],
  ]) {
    const body = new URLSearchParams([...token, ...(fields as [string, string][])])
    const response = await person.browser.fetch(here, { method: 'POST', body })
    t.is(response.status, 422)
    t.regex(await response.text(), /A name is missing\./)
  }
})

onBoth('names are text: no markup, no keys of an object', async (t, person, here) => {
  for (const name of [
    '<script>alert(1)</script>',
    '__proto__',
    'constructor',
    '"><b>',
    '%E0%A4%A',
    '😀'.repeat(20),
  ]) {
    const age = await person.submit(await person.open(here), here, { name })
    t.is(age.path, `${here}/age`)
    t.notRegex(age.html, /<script>|<b>"/)
    t.is((await person.open(here)).value('#name'), name)
  }
})

onEngines('the answers in cookies are the browser’s, a cookie each, until it closes', async (t, site) => {
  const person = site.person()
  const here = '/cookies/profile'
  const results = await fillIn(person, here)
  t.is(person.cookies.get('profile_name'), 'Ada%20Lovelace')
  t.is(person.cookies.get('profile_age'), '36')
  t.is(person.cookies.get('profile_friend'), 'Charles%20B%C3%A4bbage%20%F0%9F%A7%AE')
  t.false(person.cookies.has('sessionid'))
  t.deepEqual(results.all('#held li').slice(0, 2), ['profile_name=Ada%20Lovelace', 'profile_age=36'])

  const body = new URLSearchParams({ ...(await person.open(here)).hiddenIn(here), name: 'Ada' })
  const answer = await person.browser.fetch(here, { method: 'POST', body })
  t.deepEqual(
    answer.headers.getSetCookie().filter((line) => !line.startsWith('inspector-')),
    ['profile_name=Ada; Path=/; HttpOnly; SameSite=Lax'],
  )
})

onEngines(
  'a forged cookie is checked when it is read: what is no answer is asked for again',
  async (t, site) => {
    const here = '/cookies/profile'
    for (const [cookie, forged, step] of [
      ['profile_name', '', ''],
      ['profile_name', '%', ''],
      ['profile_name', '%ED%A0%80', ''],
      ['profile_name', 'x'.repeat(6000), ''],
      ['profile_name', 'a%0Ab', ''],
      ['profile_age', '200', '/age'],
      ['profile_age', '-1', '/age'],
      ['profile_age', '%7B%22age%22%3A1%7D', '/age'],
      ['profile_friend', '%F0%9F%98%80'.repeat(30), '/friend'],
    ] as const) {
      const person = site.person()
      await fillIn(person, here)
      person.cookies.set(cookie, forged)
      const page = await person.open(`${here}/results`)
      t.is(page.path, `${here}${step}?skipped`, forged.slice(0, 20))
      t.is(page.value(`#${cookie.slice('profile_'.length)}`), '')
    }
    const person = site.person()
    await fillIn(person, here)
    person.cookies.set('profile_age', '17')
    person.cookies.set('profile_name', '%3Cscript%3E')
    const results = await person.open(`${here}/results`)
    t.is(results.text('#age'), '17', 'what could be an answer cannot be told from one')
    t.notRegex(results.html, /<script>/)
  },
)

onEngines(
  'the answers in the session are one entry of it; the browser has the session’s cookie',
  async (t, site) => {
    const person = site.person()
    const here = '/sessions/profile'
    t.is((await person.open(here)).status, 200)
    t.false(person.cookies.has('sessionid'), 'nothing to remember, no session')
    await fillIn(person, here)
    const session = await site.sessions.open(person.cookies.get('sessionid'))
    t.deepEqual([...session], [['profile', { name: 'Ada Lovelace', age: 36, friend: 'Charles Bäbbage 🧮' }]])
    t.deepEqual([...person.cookies.keys()].sort(), ['csrftoken', 'sessionid'])
    // Cookies of the other version are nothing to this one.
    person.cookies.set('profile_age', '17')
    t.is((await person.open(`${here}/results`)).text('#age'), '36')
  },
)

test('two tabs that answer different steps at once are both remembered', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'db' })
  const person = site.person()
  const here = '/sessions/profile'
  await fillIn(person, here)
  const [age, friend] = [await person.open(`${here}/age`), await person.open(`${here}/friend`)]
  for (let round = 1; round <= 5; round++) {
    await Promise.all([
      person.copy().submit(age, `${here}/age`, { age: String(round) }),
      person.copy().submit(friend, `${here}/friend`, { friend: `Friend ${round}` }),
    ])
    const results = await person.open(`${here}/results`)
    t.deepEqual([results.text('#age'), results.text('#friend')], [String(round), `Friend ${round}`])
  }
})

for (const [engine, shown] of [
  ['cache', ['an id', 'a long text that nobody can guess']],
  ['signed_cookies', ['name: "Ada"', 'a key']],
] as const) {
  test(`${engine}: the page says where the answers are on this engine`, async (t) => {
    const site = await openSite(t, { SESSION_ENGINE: engine })
    const person = site.person()
    const here = '/sessions/profile'
    const page = await person.submit(await person.open(here), here, { name: 'Ada' })
    const token = page.text('.token') ?? ''
    for (const words of shown) t.true(token.includes(words), token)
  })
}
