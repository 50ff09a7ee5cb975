import type { Scene } from '../scene.js'

const HERE = '/cookies/date-time'

export const dateTime: Scene = {
  slug: 'date-time',
  async play({ visitor, cookieName, later, say, check, reads }) {
    const { browser } = visitor
    await say('Whoever comes without a name is led to the form, which is no error.')
    let page = await visitor.open(`${HERE}/result`)
    await check('the page has the form', page.status === 200 && page.has('#name'), page.status)
    await say('A name, sent once.')
    page = await visitor.submit(page, HERE, { name: 'Ada Lovelace' })
    await reads(page, 'h1', 'Hello Ada Lovelace')
    await check('it stands in a cookie', browser.cookie('date-time-name') === 'Ada%20Lovelace')
    await say('Each visit greets by it, and tells the time anew.')
    page = await visitor.open(`${HERE}/result`)
    const before = page.text('#now') ?? ''
    await reads(page, '#now', /^\d+ \w+ \d{4}, [\d:]+ UTC$/)
    await later(90)
    page = await visitor.open(`${HERE}/result`)
    await reads(page, 'h1', 'Hello Ada Lovelace')
    await check('ninety seconds have passed', page.text('#now') !== before, page.text('#now'))
    await check('no session was needed', browser.cookie(cookieName) === undefined)

    await say('Forget it, and the form asks again.')
    await visitor.submit(page, `${HERE}/forget`)
    page = await visitor.open(`${HERE}/hello`)
    await reads(page, '.result', /your browser brought none/)
  },
}
