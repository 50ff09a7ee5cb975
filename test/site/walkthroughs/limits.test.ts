import test from 'ava'
import { openSite } from './site.js'

const HERE = '/cookies/limits'

test('the size, the text and the bytes of a cookie are what the browser made of them', async (t) => {
  const person = (await openSite(t)).person()
  const first = await person.open(HERE)
  t.is(first.all('[role=status]').length, 0)
  t.is(first.text('#bytes'), '0')
  for (const size of ['4096', '4097']) {
    const page = await person.submit(await person.open(HERE), `${HERE}/size`, { size })
    t.regex(
      page.text('#size .result') ?? '',
      new RegExp(`^The response set a cookie of ${size} bytes\\. Your browser sent it`),
    )
    t.is('limit-size'.length + (person.cookies.get('limit-size') ?? '').length, Number(size))
    t.notRegex(page.html, /x{100}/)
    if (size === '4096')
      t.regex(
        (await person.open(`${HERE}?size=4097`)).text('#size .result') ?? '',
        /dropped it\. It still sends the earlier one of 4096 bytes/,
      )
    else t.regex(page.text('#changes') ?? '', /limit-size is too large, so the browser drops it/)
    // As a browser does with the longer one.
    person.cookies.delete('limit-size')
    t.regex((await person.open(`${HERE}?size=${size}`)).text('#size .result') ?? '', /did not send it back/)
  }
  const page = await person.submit(await person.open(HERE), `${HERE}/text`)
  t.regex(page.text('#text .result') ?? '', /^The list \[1,\[2,3\]\] went in\. The text “1,2,3” came out/)
  const header = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  t.is((await person.open(HERE)).text('#bytes'), String(header.length))
})

test('cookies are set sixty at a time, and the page says which of them did not come', async (t) => {
  const person = (await openSite(t)).person()
  let page = await person.open(HERE)
  for (const count of ['60', '120', '180', '240']) {
    page = await person.submit(page, `${HERE}/number`)
    t.is(page.text('#came'), count)
  }
  t.regex(page.text('.inspector') ?? '', /limit-1=1limit-…=239 more/)
  t.is(page.hiddenIn(`${HERE}/number`).number, '0', 'then it begins again')
  for (let at = 1; at <= 90; at++) person.cookies.delete(`limit-${at}`)
  person.cookies.delete('limit-100')
  page = await person.open(`${HERE}?number=240`)
  t.is(page.text('#came'), '149')
  t.regex(
    page.text('#number .result') ?? '',
    /It has dropped 1 to 90, 100\. Cookies of other pages count too/,
  )
})

test('what no button sends is refused or ignored', async (t) => {
  const person = (await openSite(t)).person()
  const page = await person.open(HERE)
  for (const size of ['', '1', '1e9', '5000', '-1'])
    t.is((await person.submit(page, `${HERE}/size`, { size })).status, 422, size)
  for (const number of ['', '1000000', '-60', 'x'])
    t.is((await person.submit(page, `${HERE}/number`, { number })).status, 422, number)
  for (const query of ['number=1e9', 'number=7', 'number=-60', 'size=9', 'number=999', 'size=<script>']) {
    const odd = await person.open(`${HERE}?${query}`)
    t.is(odd.status, 200)
    t.is(odd.all('[role=status]').length, 0, query)
    t.notRegex(odd.html, /<script>/)
  }
})
