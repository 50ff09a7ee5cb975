import type { Scene } from '../scene.js'

const HERE = '/four-ways'

export const fourWays: Scene = {
  slug: 'four-ways',
  async play({ visitor, other, say, check, reads, holds }) {
    await say('One counter in four places. Count once in each: in the address ...')
    let page = await visitor.open((await visitor.open(HERE)).link('Count in the address'))
    const bookmark = page.path
    await reads(page, '#address-count', '1')
    await say('... in a cookie, which says the number itself, and in the session ...')
    page = await visitor.submit(page, `${HERE}/cookie`)
    await check('the cookie is the count', visitor.browser.cookie('four-ways') === '1')
    page = await visitor.submit(page, `${HERE}/session`)
    await holds('fourWays', 1)
    await say('... and in a hidden field of the form. All four are on the page.')
    page = await visitor.submit(page, HERE)
    for (const way of ['cookie', 'session', 'address', 'hidden']) await reads(page, `#${way}-count`, '1')

    await say('Open the page by its bare address: cookie and session come along, address and form do not.')
    page = await visitor.open(HERE)
    for (const [way, count] of Object.entries({ cookie: '1', session: '1', address: '0', hidden: '0' }))
      await reads(page, `#${way}-count`, count)

    await say('An address works for whoever has it; nobody can change it, for it is signed.')
    page = await other().open(bookmark)
    await reads(page, '#address-count', '1')
    page = await visitor.open(page.link('Make the address say a million'))
    await reads(page, '.result', /^The count in the address was tampered with/)
    await reads(page, '#address-count', '0')

    await say('Nothing is signed in the cookie and the hidden field: both are forged at once.')
    visitor.browser.setCookie('four-ways', '1000')
    page = await visitor.submit(await visitor.open(HERE), HERE, { hidden: '2000' })
    await reads(page, '#cookie-count', '1000')
    await reads(page, '#hidden-count', '2001')
    await reads(page, '#session-count', '1')
  },
}
