import type { Scene, Stage } from '../scene.js'
import type { Page } from '../visitor.js'

const NAMES = { name: 'Ada Lovelace', friend: 'Charles Bäbbage' }

/** Three forms, and a page that has what was given to each. */
async function fillIn({ visitor, reads, say }: Stage, here: string): Promise<void> {
  await say('Skipping a step redirects to the first one that is missing.')
  let page = await visitor.open(`${here}/results`)
  await reads(page, 'h1', 'What is your name?')
  await say('Three forms, one after the other ...')
  page = await visitor.submit(page, here, { name: NAMES.name })
  page = await visitor.submit(page, `${here}/age`, { age: '36' })
  page = await visitor.submit(page, `${here}/friend`, { friend: NAMES.friend })
  await say('... and a page that has all three answers, though no request brought more than one.')
  await reads(page, '#name', NAMES.name)
  await reads(page, '#age', '36')
  await reads(page, '#friend', NAMES.friend)
}

export const profile: Scene = {
  slug: 'profile',
  async play(stage) {
    const { visitor, cookieName, say, check, reads, holds } = stage
    const { browser } = visitor
    await say('In cookies: one for each answer.')
    await fillIn(stage, '/cookies/profile')
    await check('the browser has the age', browser.cookie('profile_age') === '36')
    await say(
      'The browser can change its cookies: a possible age is believed, an impossible one is asked for again.',
    )
    browser.setCookie('profile_age', '17')
    await reads(await visitor.open('/cookies/profile/results'), '#age', '17')
    browser.setCookie('profile_age', '1700')
    await reads(await visitor.open('/cookies/profile/results'), 'h1', 'How old are you?')

    await say('In a session: one cookie for all answers.')
    await check('there is none yet', browser.cookie(cookieName) === undefined)
    await fillIn(stage, '/sessions/profile')
    await holds('profile', { name: NAMES.name, age: 36, friend: NAMES.friend })
    await say('The forged cookie changes nothing here. A new answer replaces the old one.')
    const page = await visitor.open('/sessions/profile/age')
    await visitor.submit(page, '/sessions/profile/age', { age: '37' })
    const results = await visitor.open('/sessions/profile/results')
    await reads(results, '#age', '37')
    await reads(results, '#entries', /profile/)
    await visitor.submit(results, '/sessions/profile/start-again')
    await holds('profile', undefined)
  },
}

async function add({ visitor }: Stage, here: string, item: Item): Promise<Page> {
  return visitor.submit(await visitor.open(`${here}/add`), `${here}/add`, { ...item })
}

interface Item {
  readonly name: string
  readonly quantity: string
  /** One of the choices for how long. */
  readonly life: string
}

async function asTaught(stage: Stage): Promise<void> {
  const here = '/cookies/cart-as-taught'
  const { visitor, given, later, say, check, reads } = stage
  await say(
    'As tutorials teach it: a cookie for each item, and a page that lists all cookies of the request.',
  )
  await visitor.submit(await visitor.open(`${here}/add`), `${here}/add`, { name: 'tea', quantity: '2' })
  await check('the item is a cookie for three minutes', /^cart\.tea=2; Max-Age=180;/.test(given('cart.tea')))
  await later(60)
  const form = await visitor.open(`${here}/add`)
  const page = await visitor.submit(form, `${here}/add`, { name: 'Earl Grey', quantity: '1' })
  const listed = page.all('.all-cookies tbody th').filter((name) => name.startsWith('cart.'))
  await check('both are listed', listed.join(' ') === 'cart.tea cart.Earl%20Grey', listed.join(' '))
  await later(120)
  await say('Each item ends by itself: the first is gone, the second has a minute left.')
  await reads(await visitor.open(`${here}/items`), '.all-cookies bdi', 'Earl Grey')
}

const EMPTY = 'There is nothing in it.'

async function inCookie(stage: Stage): Promise<void> {
  const here = '/cookies/cart'
  const { visitor, given, later, say, check, reads } = stage
  await say('In a cookie: each request and response carries the whole cart. This cookie is temporary.')
  let page = await add(stage, here, { name: 'tea', quantity: '2', life: 'browser' })
  await reads(page, '.items tbody', /^tea 2/)
  await check('the cookie has no date', !/max-age|expires/i.test(given('cart')))
  await say('Closing the browser removes it.')
  visitor.browser.restart()
  await reads(await visitor.open(`${here}/items`), '[role=status]', EMPTY)
  await say('With Max-Age=180 it outlives the browser, for three minutes.')
  await add(stage, here, { name: 'cups', quantity: '6', life: 'age' })
  await check('the cookie has Max-Age=180', /; Max-Age=180;/.test(given('cart')))
  visitor.browser.restart()
  page = await visitor.open(`${here}/items`)
  await reads(page, '.items tbody', /^cups 6/)
  await later(180)
  await reads(await visitor.open(`${here}/items`), '[role=status]', EMPTY)
}

async function inSession(stage: Stage): Promise<void> {
  const here = '/sessions/cart'
  const { visitor, other, cookieName, given, later, say, check, reads, holds } = stage
  await say('In a session, with setExpiry(120): the same item twice adds up.')
  await add(stage, here, { name: 'tea', quantity: '2', life: 'age' })
  await add(stage, here, { name: 'tea', quantity: '1', life: 'age' })
  await holds('cart', [['tea', 3]])
  await check('the cookie has Max-Age=120', /; Max-Age=120;/.test(given(cookieName)))
  const copy = other(visitor.browser.stolen())
  await later(119)
  await reads(await visitor.open(`${here}/items`), '.items tbody', /^tea 3/)
  await later(1)
  await say(
    'Two minutes after the last change the session ends on the server too: a kept cookie is worthless.',
  )
  await reads(await copy.open(`${here}/items`), '[role=status]', EMPTY)

  await say('With setExpiry(0) it ends with the browser: the cookie has no date.')
  await add(stage, here, { name: 'tea', quantity: '1', life: 'browser' })
  await check('the cookie has no date', !/max-age|expires/i.test(given(cookieName)))
  let page = await add(stage, here, { name: 'cups', quantity: '6', life: 'browser' })
  await say('Remove one item, then empty the cart.')
  page = await visitor.submit(page, `${here}/remove`, { name: 'tea' })
  await holds('cart', [['cups', 6]])
  page = await visitor.submit(page, `${here}/empty`)
  await reads(page, '[role=status]', EMPTY)
  await holds('cart', undefined)
}

export const cart: Scene = {
  slug: 'cart',
  async play(stage) {
    await asTaught(stage)
    await inCookie(stage)
    await inSession(stage)
  },
}

const SET_GET_DELETE = '/sessions/set-get-delete'

export const setGetDelete: Scene = {
  slug: 'set-get-delete',
  async play({ visitor, other, cookieName, revocable, later, say, check, reads, holds }) {
    const { browser } = visitor
    const cookie = `${cookieName}-short`
    await say('A session of thirty seconds. Set it, and get it.')
    const page = await visitor.open(SET_GET_DELETE)
    await visitor.submit(page, `${SET_GET_DELETE}/set`, { name: 'Ada' })
    await holds('name', 'Ada')
    await later(29)
    await say('Reading does not prolong the session: one second is left.')
    const got = await visitor.open(`${SET_GET_DELETE}/get`)
    await reads(got, '#said', 'Hello, Ada')
    await say('A key that is not there has no value, or the default that the call names.')
    await check('the default is red', got.all('#answers td').join() === '"Ada",false,undefined,"red"')
    await later(1)
    await say(
      'After thirty seconds the browser still sends the cookie, and the server finds the session expired: it decides.',
    )
    await check('the browser has the cookie', browser.cookie(cookie) !== undefined)
    await reads(await visitor.open(`${SET_GET_DELETE}/get`), '#said', 'Session has expired')

    await say('Delete removes the name, and the session stays.')
    await visitor.submit(page, `${SET_GET_DELETE}/set`, { name: 'Grace' })
    let gone = await visitor.submit(page, `${SET_GET_DELETE}/delete`)
    await reads(gone, '.lead', 'The name is gone, and the session is still there.')
    await holds('name', undefined)
    await holds('greeting', 'Hello')
    await say('Delete every key, and the session is still there, empty.')
    gone = await visitor.submit(page, `${SET_GET_DELETE}/clear`)
    await reads(gone, '#entries', 'No information available: the session is empty.')
    await visitor.submit(page, `${SET_GET_DELETE}/set`, { name: 'Grace' })
    const thief = other(browser.copy())
    await say('Flush removes the session, record and cookie. Somebody copied the cookie before.')
    gone = await visitor.submit(page, `${SET_GET_DELETE}/flush`)
    await reads(gone, '.lead', 'Nothing of it is left.')
    await check('the browser has no cookie', browser.cookie(cookie) === undefined)
    await say(revocable ? 'The copy is worthless.' : 'The copy works until it expires: it is the session.')
    await reads(
      await thief.open(`${SET_GET_DELETE}/get`),
      '#said',
      revocable ? 'Session has expired' : 'Hello, Grace',
    )
  },
}

const LIBRARY = '/sessions/library'

export const library: Scene = {
  slug: 'library',
  async play({ visitor, other, say, reads, holds }) {
    await say('The catalogue is the same for everybody, and has a database of its own.')
    let page = await visitor.open(LIBRARY)
    await reads(page, '#books', /^\d+$/)
    await reads(page, '#copies', /^\d+$/)
    await reads(page, '#available', /^\d+$/)
    await reads(page, '#authors', /^\d+$/)
    await say('The visit count is the visitor’s own, and is in the session.')
    await reads(page, '#visits', 'You have visited this page 1 time.')
    await visitor.open(LIBRARY)
    page = await visitor.open(LIBRARY)
    await reads(page, '#visits', 'You have visited this page 3 times.')
    await holds('numVisits', 3)
    await say('Another visitor begins at one. So does this one after “Count from the start”.')
    await reads(await other().open(LIBRARY), '#visits', 'You have visited this page 1 time.')
    page = await visitor.submit(page, `${LIBRARY}/start-again`)
    await reads(page, '#visits', 'You have visited this page 1 time.')
  },
}
