import type { Scene, Stage } from '../scene.js'

const NAMES = { name: 'Ada Lovelace', friend: 'Charles Bäbbage' }

/** Three forms, and a page that has what was given to each. */
async function fillIn({ visitor, reads, say }: Stage, here: string): Promise<void> {
  await say('Who skips a step is led to the first that is missing.')
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
      'What the browser keeps it can change: an age that can be one is believed, another is asked for again.',
    )
    browser.setCookie('profile_age', '17')
    await reads(await visitor.open('/cookies/profile/results'), '#age', '17')
    browser.setCookie('profile_age', '1700')
    await reads(await visitor.open('/cookies/profile/results'), 'h1', 'How old are you?')

    await say('In a session: one cookie, whatever is answered.')
    await check('there is none yet', browser.cookie(cookieName) === undefined)
    await fillIn(stage, '/sessions/profile')
    await holds('profile', { name: NAMES.name, age: 36, friend: NAMES.friend })
    await say('The forged cookie is nothing to it, and another answer takes the place of the first.')
    const page = await visitor.open('/sessions/profile/age')
    await visitor.submit(page, '/sessions/profile/age', { age: '37' })
    const results = await visitor.open('/sessions/profile/results')
    await reads(results, '#age', '37')
    await visitor.submit(results, '/sessions/profile/start-again')
    await holds('profile', undefined)
  },
}
