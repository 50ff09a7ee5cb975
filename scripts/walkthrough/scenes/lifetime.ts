import type { Scene } from '../scene.js'

const HERE = '/cookies/lifetime'

export const lifetime: Scene = {
  slug: 'lifetime',
  async play({ visitor, given, later, say, check, reads }) {
    await say('Two cookies that differ in one attribute.')
    let page = await visitor.submit(await visitor.open(HERE), `${HERE}/temporary`)
    await check('the temporary one has no date', !/max-age|expires/i.test(given('temporary')))
    page = await visitor.submit(page, `${HERE}/persistent`)
    await check('the persistent one has Max-Age=180', /; Max-Age=180;/.test(given('persistent')))
    await reads(page, '.result', 'The browser brought: temporary and persistent.')
    await later(60)
    await say('The browser is closed, and opened again a minute after both were set.')
    visitor.browser.restart()
    await reads(await visitor.open(HERE), '.result', 'The browser brought: persistent.')
    await later(120)
    await say('Three minutes are over.')
    await reads(await visitor.open(HERE), '.result', 'The browser brought neither.')
  },
}
