import type { Scene } from '../scene.js'

const HERE = '/test-cookie'

export const testCookie: Scene = {
  slug: 'test-cookie',
  async play({ visitor, other, cookieName, say, check, reads, holds }) {
    await say('Does this browser bring cookies back? One request gives it one.')
    let page = await visitor.open(HERE)
    await check('no session has begun yet', visitor.browser.cookie(cookieName) === undefined)
    await visitor.submit(page, `${HERE}/set`)
    await say('The next one has it.')
    page = await visitor.open(`${HERE}/check`)
    await reads(page, 'h1', 'Cookies work')
    await say('The test value has done its work.')
    page = await visitor.submit(page, `${HERE}/delete`)
    await reads(page, 'h1', 'No test cookie')
    await holds('testcookie', undefined)

    await say('In a browser with cookies off each request is its first.')
    page = await other().open(`${HERE}/check`)
    await reads(page, 'h1', 'Cookies are not working')
  },
}
