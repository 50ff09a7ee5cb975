import { redisMissing, redisUrl, startRedis } from '../../support/servers/redis.js'
import { testOf } from '../../support/test-of.js'
import { openSite } from '../walkthroughs/site.js'
import { chromiumMissing } from './chromium.js'
import { inBrowser, openTour } from './tour.js'

inBrowser('The site: old links lead to the walkthroughs', async (tour, t) => {
  for (const [links, path] of [
    [['/set-session/', '/get-session/', '/set/', '/get/', '/del/'], '/sessions/set-get-delete'],
    [['/connection/', '/login/', '/logout/'], '/sessions/log-in'],
  ] as const) {
    for (const link of links) {
      const response = await tour.page.goto(tour.site.url + link)
      t.is(response?.status(), 200, link)
      t.is(new URL(tour.page.url()).pathname, path, link)
    }
  }
})

inBrowser('The site: hostile input is told on the form, and what was typed is kept', async (tour, t) => {
  for (const kind of ['cookies', 'sessions']) {
    await tour.open(`/${kind}/profile`)
    const long = 'x'.repeat(5000)
    await tour.fill({ 'Your name': long }, 'Send the answer')
    await tour.reads('.problem', 'A name has at most 40 characters.')
    t.is(await tour.page.getByLabel('Your name').inputValue(), long)
    await tour.fill({ 'Your name': '<script>alert(1)</script>🏺' }, 'Send the answer')
    await tour.reads('.lead', /^Hello <script>alert\(1\)<\/script>🏺\./)

    await tour.open(`/${kind}/cart`)
    await tour.follow('Add an item')
    for (const [quantity, problem] of [
      ['-1', 'A quantity is from 1 to 99.'],
      ['1e9', 'A quantity is a whole number, such as 1.'],
      ['', 'A quantity is missing.'],
    ] as const) {
      await tour.fill({ Item: '__proto__', Quantity: quantity }, 'Add to the cart')
      await tour.reads('.problem', problem)
      t.is(await tour.page.getByLabel('Item').inputValue(), '__proto__')
      t.is(await tour.page.getByLabel('Quantity').inputValue(), quantity)
    }
    await tour.fill({ Item: '__proto__', Quantity: '2' }, 'Add to the cart')
    await tour.reads('.items tbody', /^__proto__ 2\b/)
    await tour.look(`hostile-${kind}`)
  }
})

inBrowser('The site: by keyboard, from the skip link to the greeting', async (tour, t) => {
  await tour.open('/cookies/date-time')
  const { keyboard } = tour.page
  const focused = tour.page.locator(':focus')
  await keyboard.press('Tab')
  t.is(await focused.innerText(), 'Skip to the content')
  const box = await focused.boundingBox()
  t.true(box !== null && box.x >= 0 && box.y >= 0, 'it is seen when it is reached')
  await tour.look('skip-link')
  await keyboard.press('Enter')
  t.is(new URL(tour.page.url()).hash, '#content')
  // The place on the path, the field, the button: in the order in which they stand.
  await keyboard.press('Tab')
  t.is(await focused.innerText(), 'The path')
  await keyboard.press('Tab')
  t.is(await focused.getAttribute('id'), 'name')
  await keyboard.type('Ada')
  await keyboard.press('Tab')
  t.is(await focused.innerText(), 'Send the name')
  await keyboard.press('Enter')
  await tour.page.waitForURL('**/hello')
  await tour.reads('h1', 'Hello Ada')
})

inBrowser('The site: settings have a page', async (tour) => {
  await tour.open('/')
  await tour.follow('Settings')
  await tour.reads('h1', 'Settings in effect')
  await tour.look('settings')
})

inBrowser('The site: a page that is not there, and a form that another site sent', async (tour, t) => {
  const missing = await tour.page.goto(`${tour.site.url}/nowhere/<b>`)
  t.is(missing?.status(), 404)
  await tour.reads('h1', 'Not Found')
  await tour.look('error-404')
  await tour.follow('To the front page')
  t.is(new URL(tour.page.url()).pathname, '/')

  // The browser alone is shown this page; what it then sends, and with which headers, is its own doing.
  await tour.page.route('http://other.example/', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<form method="post" action="${tour.site.url}/four-ways/session"><button>Win</button></form>`,
    }),
  )
  await tour.page.goto('http://other.example/')
  await tour.press('Win')
  await tour.reads('.status', '403')
  await tour.reads('.lead', /^This form was sent from/)
  await tour.look('error-403')
})

inBrowser('The site: each refusal says what to do, and leads back', async (tour, t) => {
  const { page } = tour
  const refused = async (status: string, what: RegExp): Promise<void> => {
    await tour.reads('.status', status)
    await tour.reads('.next p', what)
  }
  await tour.open('/cookies/page-count/start-again')
  await refused('405', /^Go back/)
  await tour.open(`/${'x'.repeat(8001)}`)
  await refused('414', /^Shorten it/)

  await tour.open('/cookies/page-count')
  await tour.fill({ 'Make the count': 'x'.repeat(110_000) }, 'Forge the cookie')
  await refused('413', /^Go back, and send less/)
  await tour.look('error-413')
  await tour.follow('Back to the page before')
  t.is(new URL(page.url()).pathname, '/cookies/page-count')

  // What a browser never sends, but a program in between may.
  await page.route('**/forge', async (route) =>
    route.continue({ headers: { ...(await route.request().allHeaders()), 'content-encoding': 'unknown' } }),
  )
  await tour.press('Forge the cookie')
  await refused('415', /send it with the form on the page/)
  await page.unroute('**/forge')
  await tour.follow('Back to the page before')
})

for (const scripts of [true, false]) {
  testOf(
    { title: `${scripts ? 'with' : 'without'} JavaScript`, missing: chromiumMissing ?? redisMissing },
    'The site: a store that does not answer is told, with 503',
    async (t) => {
      const redis = await startRedis()
      t.teardown(() => redis.stop())
      const env = { SESSION_ENGINE: 'redis', REDIS_URL: redisUrl(redis.port), ENGINE_TIMEOUT: '2000' }
      const tour = await openTour(t, { scripts, site: await openSite(t, env) })
      await tour.open('/sessions/page-count')
      await tour.reads('#count', '1')
      await redis.stop('SIGKILL')
      await tour.open('/sessions/page-count')
      await tour.reads('.status', '503')
      await tour.reads('.next p', /try again in a moment/)
      t.regex(tour.complaints.splice(0).join('\n'), /status of 503/)
      await tour.reads('.note code', 'docker compose up redis')
      await tour.look('error-503')
      await tour.follow('Try again')
      t.is(new URL(tour.page.url()).pathname, '/sessions/page-count')
      t.regex(tour.complaints.splice(0).join('\n'), /status of 503/)
    },
  )
}
