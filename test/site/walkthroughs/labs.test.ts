import test, { type ExecutionContext } from 'ava'
import { onEngines, openSite, type Page, type Person, type Site } from './site.js'

const STOLEN = '/labs/stolen-cookie'
const FIXATION = '/labs/fixation'
const FORGED = '/labs/forged-cookie'
const SCRIPT = '/labs/script'

/** The labs have engines of their own: that of the site makes no difference. */
function inLabs(title: string, run: (t: ExecutionContext, site: Site) => Promise<unknown>): void {
  test(title, async (t) => run(t, await openSite(t, { SESSION_ENGINE: 'cache' })))
}

async function robbed(person: Person): Promise<Page> {
  const inside = await person.submit(await person.open(STOLEN), `${STOLEN}/log-in`)
  const stolen = await person.submit(inside, `${STOLEN}/steal`)
  return person.submit(stolen, `${STOLEN}/use`)
}

inLabs(
  'a stolen cookie lets the thief in, until everybody else is logged out; its owner stays',
  async (t, site) => {
    const person = site.person()
    let page = await robbed(person)
    const user = page.text('#user') ?? ''
    t.is(page.text('#loot'), person.cookies.get('sessionid-lab'), 'the copy is this browser’s own cookie')
    t.is(page.text('#outcome'), 'The thief is in.')
    t.regex(page.text('#tries') ?? '', new RegExp(`200Welcome, ${user}\\.$`))
    const elsewhere = person.copy()
    t.is(
      (await elsewhere.open(`${STOLEN}/members`)).html,
      `Welcome, ${user}.`,
      'so is anybody with the cookie',
    )

    page = await person.submit(page, `${STOLEN}/end-others`)
    t.is(page.text('#outcome'), 'The thief was in, before your id changed.', 'until the copy is sent again')
    page = await person.submit(page, `${STOLEN}/use`)
    t.is(page.text('#outcome'), 'The thief is out.')
    t.regex(page.text('#tries') ?? '', /401Log in first\.$/)
    t.is((await elsewhere.open(`${STOLEN}/members`)).status, 401)
    t.is(page.text('#user'), user)
    t.is((await person.open(`${STOLEN}/members`)).status, 200)
  },
)

inLabs(
  'a planted id is the attacker’s way in where the log-in keeps it, and leads nowhere here',
  async (t, site) => {
    for (const [app, cookie, outcome] of [
      ['careless', 'lab-careless', 'is in'],
      ['tessera', 'sessionid-lab', 'is not in'],
    ] as const) {
      for (const id of ['given', 'made-up']) {
        const person = site.person()
        let page = await person.submit(await person.open(FIXATION), `${FIXATION}/plant`, { app, id })
        t.is(
          page.text(`#${app} .held-id`) === page.text(`#${app} .planted`),
          app === 'careless' || id === 'given',
        )
        const early = { app, prediction: 'fixation.out' }
        page = await person.submit(page, `${FIXATION}/look`, early)
        t.is(
          page.text(`#${app} .early`),
          'Log in here first: nobody has used the planted id yet.',
          'an id that nobody has used proves nothing',
        )
        t.false(page.has('#predicted'))
        page = await person.submit(page, `${FIXATION}/log-in`, { app })
        t.false(page.has(`#${app} .early`))
        t.is(page.text(`#${app} .held-id`) === page.text(`#${app} .planted`), app === 'careless')
        page = await person.submit(page, `${FIXATION}/look`, { app })
        t.is(page.text(`#${app} .outcome`), outcome, `${app}, ${id}`)
        const planted = person.copy()
        t.is((await person.open(`${FIXATION}/${app}/members`)).status, 200, 'the visitor is logged in')
        planted.cookies.set(cookie, 'made-up-by-somebody-else')
        t.is((await planted.open(`${FIXATION}/${app}/members`)).status, 401)
      }
    }
  },
)

inLabs('the fixation lab says who is logged in now, whichever lab did it', async (t, site) => {
  const person = site.person()
  const first = await person.open(FIXATION)
  t.is(first.text('#tessera .you'), 'are not logged in')
  const none = await person.submit(first, `${FIXATION}/look`, { app: 'tessera', id: '' })
  t.is(none.text('#tessera .early'), 'Plant an id here first, and log in.')
  t.false(none.has('#careless .early'))
  const user = (await person.submit(await person.open(STOLEN), `${STOLEN}/log-in`)).text('#user')
  let page = await person.open(FIXATION)
  t.is(page.text('#tessera .you'), `are logged in as ${user}, in another lab`)
  t.is((await person.open(`${FIXATION}/tessera/members`)).html, `Welcome, ${user}.`, 'and it is so')
  t.is(page.text('#careless .you'), 'are not logged in')
  for (const app of ['careless', 'tessera']) {
    page = await person.submit(page, `${FIXATION}/plant`, { app, id: 'given' })
    t.is(page.text(`#${app} .you`), 'are not logged in')
    page = await person.submit(page, `${FIXATION}/log-in`, { app })
    t.regex(page.text(`#${app} .you`) ?? '', /^are logged in as member-[0-9a-f]+$/)
  }
})

inLabs(
  'a signed cookie can be read and not changed, a sealed one neither; each forgery is refused',
  async (t, site) => {
    const person = site.person()
    const begun = await person.submit(await person.open(FORGED), `${FORGED}/begin`)
    t.is(begun.text('#signed .role'), 'guest')
    t.is(begun.text('#sealed .role'), 'guest')
    t.regex(begun.text('#signed .readable') ?? '', /"role":"guest"/)
    t.is(begun.text('#sealed .readable'), 'Nothing: it looks random.')

    const [line = ''] = begun.all('#signed .console')
    t.is(
      atob(/^atob\('(.*)'\)$/.exec(line)?.[1] ?? ''),
      begun.text('#signed .readable') ?? '',
      'as the page says',
    )
    // Their response removed both, or somebody did.
    const without = site.person()
    without.cookies.set('sessionid-signed', 's1.made.<b>up</b>.value')
    const told = await without.open(FORGED)
    t.is(told.text('#signed .readable'), 'Nothing: the server has not made this value.')
    t.is(told.text('#sealed .readable'), 'Nothing: no cookie came.')
    t.false(without.cookies.has('sessionid-signed'))

    for (const kind of ['signed', 'sealed']) {
      const good = person.cookies.get(`sessionid-${kind}`) ?? ''
      const forged = await person.submit(begun, `${FORGED}/forge`, { kind })
      t.regex(forged.text(`#${kind} .role`) ?? '', /refuses this cookie/)
      t.false(forged.has(`#${kind} form[action*="/forge#"]`), 'its response has removed it')
      t.is(forged.text(`#${kind} .refill button`), 'Get two good cookies first')
      const back = await person.submit(begun, `${FORGED}/send`, { kind, value: good })
      t.is(back.text(`#${kind} .role`), 'guest', 'the same value is good again')
      for (const value of [good.slice(0, -1), `${good}A`, 'admin', good.replace(/^../, 'x1')]) {
        const sent = await person.submit(begun, `${FORGED}/send`, { kind, value })
        t.regex(sent.text(`#${kind} .role`) ?? '', /refuses this cookie/, value)
      }
    }
    // A cookie of the other kind, which the server has made itself.
    await person.submit(begun, `${FORGED}/begin`)
    const value = person.cookies.get('sessionid-signed') ?? ''
    const swapped = await person.submit(begun, `${FORGED}/send`, { kind: 'sealed', value })
    t.regex(swapped.text('#sealed .role') ?? '', /refuses this cookie/)
  },
)

test('what cannot be a cookie’s value is told beside the field and is not sent', async (t) => {
  const person = (await openSite(t, { SESSION_ENGINE: 'cache' })).person()
  const begun = await person.submit(await person.open(FORGED), `${FORGED}/begin`)
  const good = person.cookies.get('sessionid-signed')
  for (const [value, problem] of [
    ['', 'A value is missing.'],
    ['a; Domain=example.com', 'A value has letters, digits and . _ ~ + / = % - only.'],
    ['a\r\nSet-Cookie: b=c', 'A value has letters, digits and . _ ~ + / = % - only.'],
    ['a'.repeat(1001), 'A value has at most 1000 characters.'],
    ['<script>alert(1)</script>', 'A value has letters, digits and . _ ~ + / = % - only.'],
  ] as const) {
    const told = await person.submit(begun, `${FORGED}/send`, { kind: 'signed', value })
    t.is(told.status, 422)
    t.is(told.text('.problem'), problem)
    t.notRegex(told.html, /<script>alert/)
    t.is(person.cookies.get('sessionid-signed'), good)
  }
  for (const kind of ['', 'sessionid', '__proto__', 'lab']) {
    t.is((await person.submit(begun, `${FORGED}/forge`, { kind })).status, 400)
    t.is((await person.submit(begun, `${FORGED}/send`, { kind, value: 'a' })).status, 422)
  }
})

inLabs('of two cookies that both come back, one is hidden from scripts', async (t, site) => {
  const person = site.person()
  const empty = await person.open(SCRIPT)
  t.is(empty.text('#lab-one'), 'not sent')
  t.is(empty.text('#seen'), '', 'what a script sees is not for the server to say')
  const token = empty.hiddenIn(`${SCRIPT}/set`)
  const body = new URLSearchParams(token)
  const response = await person.browser.fetch(`${SCRIPT}/set`, { method: 'POST', body })
  const line = (name: string) =>
    response.headers.getSetCookie().find((one) => one.startsWith(`${name}=`)) ?? ''
  t.notRegex(line('lab-one'), /httponly/i)
  t.regex(line('lab-two'), /; HttpOnly/)
  const set = await person.open(SCRIPT)
  t.is(set.text('#lab-one'), 'secret-1')
  t.is(set.text('#lab-two'), 'secret-2')
  t.regex(set.html, /<noscript>[^<]*no scripts/)
})

inLabs(
  'no lab reaches anybody else: not by an id, a name or a handle that a form brings',
  async (t, site) => {
    const victim = site.person()
    const page = await robbed(victim)
    const id = victim.cookies.get('sessionid-lab') ?? ''
    const user = page.text('#user') ?? ''

    const attacker = site.person()
    const own = await robbed(attacker)
    t.not(own.text('#user'), user, 'everybody is another user')
    const forged = { id, loot: id, value: id, user, username: user, handle: user, cookie: id, sessionid: id }
    for (const step of ['steal', 'use', 'end-others']) {
      const answer = await attacker.submit(own, `${STOLEN}/${step}`, forged)
      t.notRegex(answer.html, new RegExp(`${id}|${user}`), step)
    }
    t.is((await victim.open(`${STOLEN}/members`)).html, `Welcome, ${user}.`, 'the victim is still logged in')

    const form = await attacker.open(FIXATION)
    for (const app of ['careless', 'tessera']) {
      t.is((await attacker.submit(form, `${FIXATION}/plant`, { app, id })).status, 400)
      await attacker.submit(form, `${FIXATION}/plant`, { ...forged, app, id: 'given' })
      const looked = await attacker.submit(form, `${FIXATION}/look`, { ...forged, app, id: '' })
      t.is(looked.text(`#${app} .outcome`), 'is not in')
      t.notRegex(looked.html, new RegExp(user))
    }
    t.is((await victim.open(`${STOLEN}/members`)).status, 200)
  },
)

inLabs('whoever plants a notebook learns nothing from it of the visitor’s lab', async (t, site) => {
  const attacker = site.person()
  await robbed(attacker)
  const notebook = attacker.cookies.get('sessionid-attacker') ?? ''
  const victim = site.person()
  victim.cookies.set('sessionid-attacker', notebook)
  const page = await robbed(victim)
  const [id, user] = [victim.cookies.get('sessionid-lab') ?? '', page.text('#user') ?? '']
  t.is(page.text('#loot'), id)
  t.notRegex((await attacker.open(STOLEN)).html, new RegExp(`${id}|${user}`))

  const [planter, other] = [site.person(), site.person()]
  const plant = { app: 'careless', id: 'given' }
  await planter.submit(await planter.open(FIXATION), `${FIXATION}/plant`, plant)
  other.cookies.set('sessionid-attacker', planter.cookies.get('sessionid-attacker') ?? '')
  for (const step of ['plant', 'log-in'])
    await other.submit(await other.open(FIXATION), `${FIXATION}/${step}`, plant)
  const looked = await planter.submit(await planter.open(FIXATION), `${FIXATION}/look`, plant)
  t.not(looked.text('#careless .outcome'), 'is in')
})

onEngines(
  'a lab’s session leads to nothing of the site, and none of the site into a lab',
  async (t, site) => {
    const person = site.person()
    await robbed(person)
    const lab = person.cookies.get('sessionid-lab') ?? ''
    const elsewhere = site.person()
    elsewhere.cookies.set('sessionid', lab)
    t.is((await elsewhere.open('/sessions/log-in')).text('h1'), 'Log in')

    const member = site.person()
    const entry = { username: 'Ada', password: 'not a real one' }
    await member.submit(await member.open('/sessions/log-in'), '/sessions/log-in', entry)
    const inLab = site.person()
    inLab.cookies.set('sessionid-lab', member.cookies.get('sessionid') ?? '')
    t.is((await inLab.open(`${STOLEN}/members`)).status, 401)
    for (const kind of ['signed', 'sealed']) {
      const forger = await person.submit(await person.open(FORGED), `${FORGED}/begin`)
      t.true(forger.has(`#${kind}`))
      elsewhere.cookies.set('sessionid', person.cookies.get(`sessionid-${kind}`) ?? '')
      t.is((await elsewhere.open('/sessions/page-count')).text('#count'), '1', kind)
      elsewhere.cookies.clear()
    }
  },
)

test('a form of another site does nothing in a lab, with the visitor’s cookies or without', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  await robbed(person)
  const before = person.cookies.get('sessionid-lab')
  for (const path of [
    ...['log-in', 'steal', 'use', 'end-others', 'start-again'].map((step) => `${STOLEN}/${step}`),
    ...['plant', 'log-in', 'look', 'start-again'].map((step) => `${FIXATION}/${step}`),
    ...['begin', 'send', 'forge'].map((step) => `${FORGED}/${step}`),
    ...['set', 'start-again'].map((step) => `${SCRIPT}/${step}`),
  ]) {
    for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }, {}]) {
      const body = new URLSearchParams({ app: 'tessera', id: 'given', kind: 'signed', value: 'a' })
      const { status } = await person.browser.fetch(path, { method: 'POST', headers, body })
      t.is(status, 403, path)
    }
  }
  t.is(person.cookies.get('sessionid-lab'), before)
})

test('sessions of a lab end after a quarter of an hour', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  await robbed(person)
  site.now += 900_000
  t.is((await person.open(`${STOLEN}/members`)).status, 401)
  t.is((await person.open(STOLEN)).text('#loot'), undefined, 'what the thief held is gone too')
})
