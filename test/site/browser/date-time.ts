import { inBrowser } from './tour.js'

inBrowser('Name, then date and time: the cookie keeps the name, the server the time', async (tour, t) => {
  await tour.open('/cookies/date-time')
  await tour.follow('the page with the date and time')
  t.is(new URL(tour.page.url()).pathname, '/cookies/date-time')
  await tour.reads('[role=status]', /Your browser sent no name/)
  await tour.look('date-time-missing')
  await tour.fill({ 'Your name': '' }, 'Send the name')
  await tour.reads('.problem', 'A name is missing.')
  await tour.look('date-time-problem')

  await tour.fill({ 'Your name': '<b>Ada</b> 🏺' }, 'Send the name')
  await tour.reads('h1', 'Hello <b>Ada</b> 🏺')
  await tour.look('date-time-hello')
  tour.site.now = Date.UTC(2030, 0, 31, 23, 59, 58)
  await tour.follow('Get the date and time')
  await tour.reads('#now', '31 Jan 2030, 23:59:58 UTC')
  tour.site.now += 3_000
  await tour.follow('Get the updated date and time')
  await tour.reads('#now', '1 Feb 2030, 00:00:01 UTC')
  await tour.reads('h1', 'Hello <b>Ada</b> 🏺')
  await tour.look('date-time-result')

  await tour.open('/cookies/date-time')
  t.is(await tour.page.getByLabel('Your name').inputValue(), '<b>Ada</b> 🏺')
  await tour.look('date-time-known')
  await tour.press('Forget my name')
  t.is(await tour.page.getByLabel('Your name').inputValue(), '')
  t.deepEqual(
    (await tour.context.cookies()).filter(({ name }) => name === 'date-time-name'),
    [],
  )
})

inBrowser('Name, then date and time: hostile names', async (tour, t) => {
  await tour.open('/cookies/date-time')
  for (const name of ['x'.repeat(5000), '<script>alert(1)</script>'.repeat(2)]) {
    await tour.fill({ 'Your name': name }, 'Send the name')
    await tour.reads('.problem', 'A name has at most 40 characters.')
    t.is(await tour.page.getByLabel('Your name').inputValue(), name)
  }
  for (const name of ['<script>alert(1)</script>', '__proto__', '👩‍👩‍👧‍👦'.repeat(10), 'W'.repeat(40)]) {
    await tour.open('/cookies/date-time')
    await tour.fill({ 'Your name': name }, 'Send the name')
    await tour.reads('h1', `Hello ${name}`)
  }
  await tour.look('date-time-long')
})
