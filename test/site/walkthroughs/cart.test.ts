import test, { type ExecutionContext } from 'ava'
import { temporaryDirectory } from '../../support/server-process.js'
import { onEngines, openSite, type Page, type Person, type Site } from './site.js'

const KINDS = ['cookies', 'sessions'] as const
type Kind = (typeof KINDS)[number]

interface Shopper {
  readonly person: Person
  readonly here: string
  readonly site: Site
}

/** Registers the test for the cart in a cookie and in a session, on each engine. */
function onBoth(
  title: string,
  run: (t: ExecutionContext, shopper: Shopper, kind: Kind) => Promise<unknown>,
): void {
  for (const kind of KINDS) {
    onEngines(`${kind}: ${title}`, (t, site) =>
      run(t, { person: site.person(), here: `/${kind}/cart`, site }, kind),
    )
  }
}

async function add(
  { person, here }: Pick<Shopper, 'person' | 'here'>,
  name: string,
  quantity: string | number,
  life = 'browser',
): Promise<Page> {
  const page = await person.open(`${here}/add`)
  return person.submit(page, `${here}/add`, { name, quantity: String(quantity), life })
}

/** What the list shows: `['tea 2']`. */
function listed(page: Page): string[] {
  const quantities = page.all('.items tbody td:nth-child(2)')
  return page.all('.items tbody th').map((name, at) => `${name} ${quantities[at]}`)
}

onBoth('items are added and listed, and more of the same adds up', async (t, shopper) => {
  const { person, here } = shopper
  t.regex((await person.open(here)).text('.token') ?? '', /nothing of it/)
  t.is((await person.open(`${here}/items`)).text('[role=status]'), 'There is nothing in it.')
  const one = await add(shopper, ' Earl Grey ', 2)
  t.is(one.path, `${here}/items`)
  t.deepEqual(listed(one), ['Earl Grey 2'])
  t.deepEqual(listed(await add(shopper, 'cups', '6')), ['Earl Grey 2', 'cups 6'])
  t.deepEqual(listed(await add(shopper, 'Earl Grey', 3)), ['Earl Grey 5', 'cups 6'])
  t.deepEqual((await person.open(here)).all('#held li'), ['["Earl Grey",5]', '["cups",6]'])
})

onBoth('one item is removed, and the cart is emptied', async (t, shopper) => {
  const { person, here } = shopper
  await add(shopper, 'tea', 1)
  await add(shopper, 'cups', 6)
  const list = await add(shopper, 'milk', 1)
  const left = await person.submit(list, `${here}/remove`, { name: 'cups' })
  t.deepEqual(listed(left), ['tea 1', 'milk 1'])
  t.deepEqual(listed(await person.submit(left, `${here}/remove`, { name: 'cups' })), ['tea 1', 'milk 1'])
  t.deepEqual(listed(await person.submit(left, `${here}/remove`, { name: '' })), ['tea 1', 'milk 1'])
  const empty = await person.submit(left, `${here}/empty`)
  t.is(empty.text('[role=status]'), 'There is nothing in it.')
  t.false(person.cookies.has('cart'))
  t.deepEqual(listed(await person.open(`${here}/items`)), [])
})

onBoth('what cannot be bought is told beside its field, and what was typed is kept', async (t, shopper) => {
  const long = 'x'.repeat(5000)
  for (const [name, quantity, problems] of [
    ['', '1', ['A name is missing.']],
    ['', '', ['A name is missing.', 'A quantity is missing.']],
    ['tea', '0', ['A quantity is from 1 to 99.']],
    ['tea', '-1', ['A quantity is from 1 to 99.']],
    ['tea', '1e9', ['A quantity is a whole number, such as 1.']],
    ['tea', '1000000000', ['A quantity is from 1 to 99.']],
    ['tea', '2.5', ['A quantity is a whole number, such as 1.']],
    ['tea', '<script>', ['A quantity is a whole number, such as 1.']],
    ['<script>alert(1)</script>', '100', ['A quantity is from 1 to 99.']],
    [long, long, ['A name has at most 40 characters.', 'A quantity is a whole number, such as 1.']],
    ['😀'.repeat(40), '1', ['A name has at most 80 bytes: an emoji takes four or more of them.']],
  ] as const) {
    const again = await add(shopper, name, quantity)
    t.is(again.status, 422)
    t.deepEqual(again.all('.problem'), problems)
    t.deepEqual([again.value('#name'), again.value('#quantity')], [name, quantity])
    t.is(again.value('input[type=radio][checked]'), 'browser')
    t.notRegex(again.html, /<script>/)
  }
  const page = await shopper.person.open(`${shopper.here}/add`)
  for (const life of ['', '1e9', 'constructor', '<script>']) {
    const again = await shopper.person.submit(page, `${shopper.here}/add`, {
      name: 'tea',
      quantity: '1',
      life,
    })
    t.is(again.status, 422)
    t.is(again.text('#life-problem'), 'Choose for how long the cart is kept.')
  }
  t.deepEqual(listed(await shopper.person.open(`${shopper.here}/items`)), [])
})

onBoth('a form without its fields, or with two of each, is an empty one', async (t, { person, here }) => {
  const page = await person.open(`${here}/add`)
  const token = Object.entries(page.hiddenIn(`${here}/add`))
  const twice: [string, string][] = [
    ['name', 'a'],
    ['name', 'b'],
    ['quantity', '1'],
    ['quantity', '2'],
    ['life[x]', 'browser'],
  ]
  for (const fields of [[], twice]) {
    const response = await person.browser.fetch(`${here}/add`, {
      method: 'POST',
      body: new URLSearchParams([...token, ...fields]),
    })
    t.is(response.status, 422)
    const text = await response.text()
    for (const problem of [/A name is missing/, /A quantity is missing/, /Choose for how long/])
      t.regex(text, problem)
  }
})

onBoth('any name is an item’s: none is a key or a cookie', async (t, shopper) => {
  const names = [
    '__proto__',
    'constructor',
    'sessionid',
    'csrftoken',
    'toString',
    '<b>tea</b>',
    '"; Max-Age=9',
    '😀'.repeat(20),
  ]
  for (const name of names) await add(shopper, name, 2)
  const list = await add(shopper, '__proto__', 1)
  t.deepEqual(listed(list), ['__proto__ 3', ...names.slice(1).map((name) => `${name} 2`)])
  t.false(list.has('.items b'))
  t.is(Object.getPrototypeOf({}), Object.prototype)
  const { person, here } = shopper
  for (const name of names) await person.submit(list, `${here}/remove`, { name })
  t.deepEqual(listed(await person.open(`${here}/items`)), [])
})

onBoth('there is an end to it: 99 of an item, eight kinds', async (t, shopper) => {
  await add(shopper, 'tea', 98)
  const many = await add(shopper, 'tea', 2)
  t.is(many.status, 422)
  t.is(many.text('#quantity-problem'), 'There are 98 in the cart already, and it takes 99 of an item.')
  t.is(many.value('#quantity'), '2')
  t.deepEqual(listed(await add(shopper, 'tea', 1)), ['tea 99'])
  for (let kind = 2; kind <= 8; kind++) await add(shopper, `item ${kind}`, 1)
  const ninth = await add(shopper, 'item 9', 1)
  t.is(ninth.status, 422)
  t.is(
    ninth.text('#name-problem'),
    'The cart has 8 kinds of items, and no place for another. Remove one first.',
  )
  t.is(ninth.value('#name'), 'item 9')
  t.is(listed(await add(shopper, 'item 8', 1)).at(-1), 'item 8 2', 'more of what is there has its place')
})

onBoth('the heaviest cart and profile have room, in a cookie too', async (t, shopper, kind) => {
  const { person, here, site } = shopper
  const heavy = (at: number) => `${'я'.repeat(39)}${at}`
  for (let at = 1; at <= 8; at++) await add(shopper, heavy(at), 99)
  t.is(listed(await person.open(`${here}/items`)).length, 8)
  const profile = `/${kind}/profile`
  for (const [step, field, value] of [
    ['', 'name', heavy(9)],
    ['/age', 'age', '150'],
    ['/friend', 'friend', '"\\'.repeat(20)],
  ] as const) {
    const page = await person.open(profile + step)
    t.is((await person.submit(page, profile + step, { [field]: value })).status, 200)
  }
  t.is(listed(await person.open(`${here}/items`)).length, 8)
  for (const [name, value] of person.cookies) t.true(name.length + value.length <= 4096, name)
  if (kind === 'sessions') {
    const session = await site.sessions.open(person.cookies.get('sessionid'))
    t.true(Buffer.byteLength(JSON.stringify(Object.fromEntries(session))) < 1000)
  }
})

onEngines(
  'the cookie is temporary or has Max-Age=180, as chosen, and keeps what was chosen',
  async (t, site) => {
    const person = site.person()
    const here = '/cookies/cart'
    const page = await person.open(`${here}/add`)
    t.is(page.value('input[type=radio][checked]'), 'browser')
    const send = async (action: string, fields: Record<string, string>): Promise<string[]> => {
      const body = new URLSearchParams({ ...page.hiddenIn(`${here}/add`), ...fields })
      return (await person.browser.fetch(`${here}${action}`, { method: 'POST', body })).headers.getSetCookie()
    }
    const [temporary = ''] = await send('/add', { name: 'tea', quantity: '1', life: 'browser' })
    t.regex(temporary, /^cart=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/)
    t.is((await person.open(`${here}/items`)).text('#max-age'), 'none')

    const [persistent = ''] = await send('/add', { name: 'milk', quantity: '1', life: 'age' })
    t.regex(persistent, /^cart=[^;]+; Max-Age=180;/)
    const list = await person.open(`${here}/items`)
    t.is(list.text('#max-age'), '180')
    t.is(list.text('#weight'), String(`cart=${person.cookies.get('cart')}`.length))
    t.is((await person.open(`${here}/add`)).value('input[type=radio][checked]'), 'age')

    const [removed = ''] = await send('/remove', { name: 'tea' })
    t.regex(removed, /; Max-Age=180;/, 'taking an item out keeps the choice')
    const [last = ''] = await send('/remove', { name: 'milk' })
    t.regex(last, /^cart=; Max-Age=0;/)
    t.false(person.cookies.has('sessionid'))
  },
)

onEngines('a forged cart is checked when it is read: what is none is empty', async (t, site) => {
  const here = '/cookies/cart'
  const json = (value: unknown) => encodeURIComponent(JSON.stringify(value))
  const item = ['tea', 1]
  for (const forged of [
    'garbage',
    '%',
    '%E0%A4%A',
    '',
    '[]',
    'null',
    '%5B'.repeat(2000),
    json('tea'),
    json([item]),
    json({ items: [item] }),
    json({ life: 'constructor', items: [item] }),
    json({ life: 'age', items: { __proto__: 1 } }),
    json({ life: 'age', items: [['tea', 0]] }),
    json({ life: 'age', items: [['tea', -1]] }),
    json({ life: 'age', items: [['tea', 1e9]] }),
    json({ life: 'age', items: [['tea', '1']] }),
    json({ life: 'age', items: [['tea', 1, 1]] }),
    json({ life: 'age', items: [['', 1]] }),
    json({ life: 'age', items: [['x'.repeat(3000), 1]] }),
    json({ life: 'age', items: [['\ud800', 1]] }),
    json({ life: 'age', items: Array.from({ length: 9 }, (_, at) => [`item ${at}`, 1]) }),
  ]) {
    const person = site.person()
    person.cookies.set('cart', forged)
    const page = await person.open(`${here}/items`)
    t.is(page.status, 200)
    t.is(page.text('[role=status]'), 'There is nothing in it.', forged.slice(0, 60))
    t.deepEqual(listed(await add({ person, here }, 'tea', 1)), ['tea 1'])
  }
  const person = site.person()
  person.cookies.set('cart', json({ life: 'age', items: [['<script>', 7]], __proto__: { x: 1 } }))
  const list = await person.open(`${here}/items`)
  t.deepEqual(listed(list), ['<script> 7'], 'what could be a cart cannot be told from one')
  t.notRegex(list.html, /<script>/)
})

onEngines(
  'the session’s cart is gone with the session, 120 seconds after the last change',
  async (t, site) => {
    const person = site.person()
    const here = '/sessions/cart'
    t.is((await person.open(`${here}/add`)).value('input[type=radio][checked]'), 'settings')
    t.false(person.cookies.has('sessionid'), 'nothing to remember, no session')
    await person.open('/sessions/page-count')
    const list = await add({ person, here }, 'tea', 1, 'age')
    t.deepEqual([list.text('#expiry-age'), list.text('#browser-close')], ['120', 'false'])
    site.now += 119_000
    t.deepEqual(listed(await person.open(`${here}/items`)), ['tea 1'], 'to look at it does not keep it')
    const kept = person.copy()
    site.now += 1_000
    t.deepEqual(listed(await person.open(`${here}/items`)), [])
    t.is((await kept.open('/sessions/page-count')).text('#count'), '1', 'it was the whole session')

    await add({ person, here }, 'tea', 1, 'age')
    site.now += 119_000
    await add({ person, here }, 'milk', 1, 'age')
    site.now += 119_000
    t.deepEqual(listed(await person.open(`${here}/items`)), ['tea 1', 'milk 1'], 'a change gives it 120 more')
  },
)

onEngines(
  'setExpiry(0) ends the session with the browser, setExpiry(null) as the settings say',
  async (t, site) => {
    const person = site.person()
    const here = '/sessions/cart'
    const send = async (fields: Record<string, string>): Promise<string> => {
      const page = await person.open(`${here}/add`)
      const body = new URLSearchParams({ ...page.hiddenIn(`${here}/add`), quantity: '1', ...fields })
      const response = await person.browser.fetch(`${here}/add`, { method: 'POST', body })
      return response.headers.getSetCookie().find((line) => line.startsWith('sessionid=')) ?? ''
    }
    t.regex(await send({ name: 'tea', life: 'age' }), /Max-Age=120;/)
    t.notRegex(await send({ name: 'tea', life: 'browser' }), /Max-Age|Expires/)
    const list = await person.open(`${here}/items`)
    t.deepEqual([list.text('#expiry-age'), list.text('#browser-close')], ['1209600', 'true'])
    t.is((await person.open(`${here}/add`)).value('input[type=radio][checked]'), 'browser')
    site.now += 121_000
    t.deepEqual(listed(await person.open(`${here}/items`)), ['tea 2'])
    t.regex(await send({ name: 'tea', life: 'settings' }), /Max-Age=1209600;/)
    t.is((await person.open(`${here}/items`)).text('#browser-close'), 'false')
  },
)

onEngines('without a cart the session has its usual end again', async (t, site) => {
  const here = '/sessions/cart'
  for (const way of ['empty', 'remove']) {
    const person = site.person()
    await person.open('/sessions/page-count')
    const list = await add({ person, here }, 'tea', 1, 'age')
    await person.submit(list, `${here}/${way}`, way === 'remove' ? { name: 'tea' } : {})
    site.now += 121_000
    t.is((await person.open('/sessions/page-count')).text('#count'), '2', way)
    t.is((await person.open('/sessions/page-count')).text('#expiry-age'), '1209600')
  }
})

onEngines('a stranger’s form to take something out begins no session', async (t, site) => {
  const person = site.person()
  const page = await person.open('/sessions/cart/add')
  for (const action of ['/remove', '/empty']) {
    const body = new URLSearchParams({ ...page.hiddenIn('/sessions/cart/add'), name: 'tea' })
    const response = await person.browser.fetch(`/sessions/cart${action}`, { method: 'POST', body })
    t.is(response.status, 303)
    t.false(person.cookies.has('sessionid'))
  }
})

// Not on `cache`: there a request that was read at once is done before the next one begins.
for (const engine of ['db', 'file']) {
  test(`${engine}: two tabs that add different items at once keep both`, async (t) => {
    const directory = await temporaryDirectory(t)
    const site = await openSite(t, {
      SESSION_ENGINE: engine,
      SESSION_FILE_PATH: directory,
      // All the tests of this file share the disk at the same moment.
      ENGINE_TIMEOUT: '30000',
    })
    const person = site.person()
    const here = '/sessions/cart'
    const list = await add({ person, here }, 'tea', 1)
    for (let round = 1; round <= 3; round++) {
      const page = await person.open(`${here}/add`)
      const fields = { quantity: '1', life: 'settings' }
      const answers = await Promise.all(
        [`left ${round}`, `right ${round}`, 'tea'].map((name) =>
          person.copy().submit(page, `${here}/add`, { name, ...fields }),
        ),
      )
      t.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      )
    }
    t.deepEqual(
      listed(await person.open(`${here}/items`)).sort(),
      ['tea 4', ...[1, 2, 3].flatMap((round) => [`left ${round} 1`, `right ${round} 1`])].sort(),
    )

    // Seven kinds: of two more at once one has a place.
    const page = await person.open(`${here}/add`)
    const add8 = (name: string) =>
      person.copy().submit(page, `${here}/add`, { name, quantity: '99', life: 'settings' })
    const [one, other] = await Promise.all([add8('one more'), add8('another')])
    // The slower one is told so, unless it looked before the faster one was done.
    for (const { status } of [one, other]) t.true(status === 200 || status === 422, String(status))
    t.is(listed(await person.open(`${here}/items`)).length, 8)

    // One tab takes out what the other adds more of: whatever comes first, neither breaks the cart.
    await Promise.all([
      person.copy().submit(list, `${here}/remove`, { name: 'left 1' }),
      person.copy().submit(list, `${here}/remove`, { name: 'right 1' }),
    ])
    t.is(listed(await person.open(`${here}/items`)).length, 6)
  })
}
