import { ENGINE_NAMES } from '../../../src/lib/engines/names.js'
import type { Scene } from '../scene.js'

export const engines: Scene = {
  slug: 'engines',
  async play({ visitor, cookieName, say, check, reads, holds }) {
    await say('Which engine runs now. Whoever has no session is shown an example.')
    let page = await visitor.open('/engines')
    const runs = page.text('#runs') ?? ''
    await reads(page, '#whose', /^You have no session yet/)
    await say('With a session: the very same in the shape that every engine gives it.')
    page = await visitor.submit(page, '/engines/begin')
    await reads(page, '#whose', /^This is your own session/)
    await holds('engines', runs)
    for (const name of ENGINE_NAMES)
      await check(`it is shown as ${name} keeps it`, page.all(`#shape-${name} dd`).length > 0)
    await say('Its cookie is in none of them: what is shown opens nothing.')
    const cookie = visitor.browser.cookie(cookieName) ?? ''
    await check('the page does not have the cookie', cookie !== '' && !page.html.includes(cookie))
  },
}
