import { inBrowser } from './tour.js'

inBrowser('Three-step profile: in cookies and in a session, with a step skipped', async (tour, t) => {
  for (const [kind, link] of [
    ['cookies', 'In a cookie'],
    ['sessions', 'In a session'],
  ] as const) {
    const name = `profile-${kind}`
    await tour.open('/cookies/profile')
    await tour.follow(link)
    await tour.follow('Results')
    await tour.reads('h1', 'What is your name?')
    await tour.reads('[role=status]', /^This step comes first/)
    await tour.look(`${name}-skipped`)
    await tour.fill({ 'Your name': 'Ada Lovelace' }, 'Send the answer')
    await tour.reads('.lead', /^Hello Ada Lovelace\./)
    await tour.look(`${name}-age`)
    await tour.fill({ 'Your age': '1e9' }, 'Send the answer')
    await tour.reads('.problem', /An age is a whole number/)
    t.is(await tour.page.getByLabel('Your age').inputValue(), '1e9')
    await tour.look(`${name}-problem`)
    await tour.fill({ 'Your age': '36' }, 'Send the answer')
    await tour.fill({ 'Your friend’s name': 'Charles Bäbbage' }, 'Send the answer')
    await tour.reads(
      '#results',
      'Your name Ada Lovelace Change your name Your age 36 Change your age Your friend’s name Charles Bäbbage Change your friend’s name',
    )
    await tour.look(`${name}-results`)
    await tour.follow('Change your age')
    t.is(await tour.page.getByLabel('Your age').inputValue(), '36')
    await tour.fill({ 'Your age': '37' }, 'Send the answer')
    await tour.follow('Results')
    await tour.reads('#age', '37')
    await tour.press('Start again')
    t.is(await tour.page.getByLabel('Your name').inputValue(), '')
  }
})
