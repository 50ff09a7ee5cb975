import type { Scene } from '../scene.js'

const ONE_REQUEST = '/one-request'

export const oneRequest: Scene = {
  slug: 'one-request',
  async play({ visitor, given, say, check, reads }) {
    await say('One request and its response, word for word. No cookie yet: the server cannot know who asks.')
    let page = await visitor.open(ONE_REQUEST)
    await reads(page, '.verbatim b', 'GET /one-request HTTP/1.1')
    await check('no line is about a cookie', !page.has('.verbatim mark'))
    await say('Now the response sets a cookie ...')
    page = await visitor.open(`${ONE_REQUEST}/cookie`)
    await check('the response gives it', given('first-cookie').startsWith('first-cookie=hello;'))
    await say('... and the next request brings it.')
    page = await visitor.open(`${ONE_REQUEST}/cookie`)
    await reads(page, '.verbatim mark', /^cookie: first-cookie=hello/i)
    await say('The server asks the browser to remove it: no value, and no seconds left.')
    await visitor.open(`${ONE_REQUEST}/removed`)
    await check('the browser has none', visitor.browser.cookie('first-cookie') === undefined)
  },
}

const FOUR_WAYS = '/four-ways'

export const fourWays: Scene = {
  slug: 'four-ways',
  async play({ visitor, other, say, check, reads, holds }) {
    await say('Four counters, each in another place. Count once in each: in the address ...')
    let page = await visitor.open((await visitor.open(FOUR_WAYS)).link('Count in the address'))
    const bookmark = page.path
    await reads(page, '#address-count', '1')
    await say('... in a cookie, which holds the number itself, and in the session ...')
    page = await visitor.submit(page, `${FOUR_WAYS}/cookie`)
    await check('the cookie is the count', visitor.browser.cookie('four-ways') === '1')
    page = await visitor.submit(page, `${FOUR_WAYS}/session`)
    await holds('fourWays', 1)
    await say('... and in a hidden field of the form. All four are on the page.')
    page = await visitor.submit(page, FOUR_WAYS)
    for (const way of ['cookie', 'session', 'address', 'hidden']) await reads(page, `#${way}-count`, '1')

    await say(
      'Open the page without the count in its address: cookie and session remember, address and form do not.',
    )
    page = await visitor.open(FOUR_WAYS)
    for (const [way, count] of Object.entries({ cookie: '1', session: '1', address: '0', hidden: '0' }))
      await reads(page, `#${way}-count`, count)

    await say('An address works for whoever has it. It is signed, so nobody can change it.')
    page = await other().open(bookmark)
    await reads(page, '#address-count', '1')
    const million = page.value('form[action="/four-ways"] input[name=count]')
    page = await visitor.open(`${FOUR_WAYS}?count=${million}`)
    await reads(page, '.result', /^The count in the address was changed/)
    await reads(page, '#address-count', '0')

    await say('The cookie and the hidden field are not signed: both can be forged.')
    visitor.browser.setCookie('four-ways', '1000')
    page = await visitor.submit(await visitor.open(FOUR_WAYS), FOUR_WAYS, { hidden: '2000' })
    await reads(page, '#cookie-count', '1000')
    await reads(page, '#hidden-count', '2001')
    await reads(page, '#session-count', '1')
  },
}

const TEST_COOKIE = '/test-cookie'

export const testCookie: Scene = {
  slug: 'test-cookie',
  async play({ visitor, other, cookieName, say, check, reads, holds }) {
    await say('Does this browser send cookies back? One response sets a cookie.')
    let page = await visitor.open(TEST_COOKIE)
    await check('no session has begun yet', visitor.browser.cookie(cookieName) === undefined)
    await visitor.submit(page, `${TEST_COOKIE}/set`)
    await say('The next request brings it.')
    page = await visitor.open(`${TEST_COOKIE}/check`)
    await reads(page, 'h1', 'Cookies work')
    await say('The test value is not needed any more.')
    page = await visitor.submit(page, `${TEST_COOKIE}/delete`)
    await reads(page, 'h1', 'The test cookie is deleted')
    await holds('testcookie', undefined)

    await say('In a browser with cookies off, each request is from a stranger.')
    page = await other().open(`${TEST_COOKIE}/check?set=yes`)
    await reads(page, 'h1', 'No cookie came')
  },
}

const COUNT_IN_COOKIE = '/cookies/page-count'
const COUNT_IN_SESSION = '/sessions/page-count'

export const pageCount: Scene = {
  slug: 'page-count',
  async play({ visitor, other, cookieName, revocable, say, check, reads, holds }) {
    await say('The count in a cookie: each reload counts.')
    await visitor.open(COUNT_IN_COOKIE)
    let page = await visitor.open(COUNT_IN_COOKIE)
    await reads(page, '#count', '2')
    await say('Whoever can read it can forge it.')
    page = await visitor.submit(page, `${COUNT_IN_COOKIE}/forge`, { forged: '1000' })
    await reads(page, '#count', '1001')

    await say('The count in a session: the cookie holds no number.')
    await visitor.open(COUNT_IN_SESSION)
    page = await visitor.open(COUNT_IN_SESSION)
    await reads(page, '#count', '2')
    await holds('pageCount', 2)
    await say('A made-up id leads to no session.')
    page = await visitor.submit(page, `${COUNT_IN_SESSION}/forge`, { id: 'a'.repeat(32) })
    await reads(page, '.result', /^No session has that id/)
    const forger = other()
    forger.browser.setCookie(cookieName, 'a'.repeat(32))
    await reads(await forger.open(COUNT_IN_SESSION), '#count', '1')

    const { browser } = visitor
    const [id, copy] = [browser.cookie(cookieName), other(browser.stolen())]
    await say('Start again ends the session. Somebody copied the cookie before.')
    page = await visitor.submit(page, `${COUNT_IN_SESSION}/start-again`)
    await reads(page, '#count', '1')
    await check('the new session has another cookie', browser.cookie(cookieName) !== id)
    await say(
      revocable
        ? 'The copy is worthless: its holder begins a new session.'
        : 'The copy is the old session: the server stores nothing that it could remove.',
    )
    await reads(await copy.open(COUNT_IN_SESSION), '#count', revocable ? '1' : '3')
  },
}

const TOOLS = '/browser-tools'

export const browserTools: Scene = {
  slug: 'browser-tools',
  async play({ visitor, cookieName, say, check, reads }) {
    await say('The browser’s own tools show the same as these pages. This page says what to look for.')
    let page = await visitor.open(TOOLS)
    await check('there is no session yet', visitor.browser.cookie(cookieName) === undefined)
    page = await visitor.submit(page, `${TOOLS}/begin`)
    await reads(page, '#own', new RegExp(`^Your session’s cookie is ${cookieName}\\.`))
    const value = visitor.browser.cookie(cookieName) ?? ''
    await check('the page does not have the cookie’s value', value !== '' && !page.html.includes(value))
  },
}

const DATE_TIME = '/cookies/date-time'

export const dateTime: Scene = {
  slug: 'date-time',
  async play({ visitor, cookieName, later, say, check, reads }) {
    const { browser } = visitor
    await say('Without a name the page redirects to the form.')
    let page = await visitor.open(`${DATE_TIME}/result`)
    await check('the page has the form', page.status === 200 && page.has('#name'), page.status)
    await say('Send a name once.')
    page = await visitor.submit(page, DATE_TIME, { name: 'Ada Lovelace' })
    await reads(page, 'h1', 'Hello Ada Lovelace')
    await check('it is in a cookie', browser.cookie('date-time-name') === 'Ada%20Lovelace')
    await say('Each visit greets by name, with the time of that visit.')
    page = await visitor.open(`${DATE_TIME}/result`)
    const before = page.text('#now') ?? ''
    await reads(page, '#now', /^\d+ \w+ \d{4}, [\d:]+ UTC$/)
    await later(90)
    page = await visitor.open(`${DATE_TIME}/result`)
    await reads(page, 'h1', 'Hello Ada Lovelace')
    await check('ninety seconds have passed', page.text('#now') !== before, page.text('#now'))
    await check('no session was needed', browser.cookie(cookieName) === undefined)

    await say('Forget the name, and the form asks again.')
    await visitor.submit(page, `${DATE_TIME}/forget`)
    page = await visitor.open(`${DATE_TIME}/hello`)
    await reads(page, '.result', /Your browser sent no name/)
  },
}

const LIFETIME = '/cookies/lifetime'

export const lifetime: Scene = {
  slug: 'lifetime',
  async play({ visitor, given, later, say, check, reads }) {
    await say('Two cookies, one without an end and one with.')
    let page = await visitor.submit(await visitor.open(LIFETIME), `${LIFETIME}/temporary`)
    await check('the temporary one has no date', !/max-age|expires/i.test(given('temporary')))
    page = await visitor.submit(page, `${LIFETIME}/persistent`)
    await check('the persistent one has Max-Age=180', /; Max-Age=180;/.test(given('persistent')))
    await reads(page, '.result', 'The browser sent: temporary and persistent.')
    await later(60)
    await say('The browser is closed, and opened again a minute after both were set.')
    visitor.browser.restart()
    await reads(await visitor.open(LIFETIME), '.result', 'The browser sent: persistent.')
    await later(120)
    await say('Three minutes are over.')
    await reads(await visitor.open(LIFETIME), '.result', 'The browser sent neither.')
  },
}

const LIMITS = '/cookies/limits'

export const limits: Scene = {
  slug: 'limits',
  async play({ visitor, say, check, reads }) {
    await say('A cookie of 4,096 bytes is kept. Browsers drop a longer one without a word.')
    let page = await visitor.submit(await visitor.open(LIMITS), `${LIMITS}/size`, { size: '4096' })
    await reads(page, '#size .result', /Your browser sent it back\.$/)
    await say('A cookie holds text: the inner list does not come back.')
    page = await visitor.submit(page, `${LIMITS}/text`)
    await reads(page, '#text .result', /^The list \[1,\[2,3\]\] went in\. The text “1,2,3” came out/)
    await say('Sixty cookies at once. All of them go with every request to this page.')
    const before = Number(page.text('#bytes'))
    page = await visitor.submit(page, `${LIMITS}/number`)
    await reads(page, '#came', '60')
    await check('the request is longer', Number(page.text('#bytes')) > before, page.text('#bytes'))
  },
}
