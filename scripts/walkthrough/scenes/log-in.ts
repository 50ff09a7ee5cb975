import type { Scene, Stage } from '../scene.js'

const HERE = '/sessions/log-in'
const DEVICES = `${HERE}/devices`

export const logIn: Scene = {
  slug: 'log-in',
  async play(stage) {
    const { visitor, other, cookieName, revocable, say, check, reads, holds } = stage
    const { browser } = visitor
    await say('A session before the log-in. Somebody has seen its cookie, or planted it.')
    await visitor.open('/sessions/page-count')
    const [before, attacker] = [browser.cookie(cookieName), other(browser.copy())]
    await say('The page for members sends to the form, and the form back to it.')
    const form = await visitor.open(`${HERE}/members`)
    let page = await visitor.submit(form, HERE, { username: 'Ada', password: 'not compared with anything' })
    await reads(page, 'h1', 'Members')
    await reads(page, '.lead b', 'Ada')
    await check('the log-in has changed the cookie', browser.cookie(cookieName) !== before)
    await holds('pageCount', 1)
    await say('What was seen before is worthless: it logs nobody in.')
    await reads(await attacker.open(`${HERE}/members`), 'h1', 'Log in')

    await say('Who is logged in is not shown the form.')
    page = await visitor.open(HERE)
    await reads(page, 'h1', 'You are logged in')
    await check('there is no field for a password', !page.has('#password'))
    await yourDevices(stage)
    const copy = other(browser.copy())
    await say('Log out in a second tab. It ends everything, in the first one too.')
    page = await visitor.submit(await visitor.open(HERE), `${HERE}/out`)
    await reads(page, 'h1', 'You are logged out.')
    await check('the browser has no session', browser.cookie(cookieName) === undefined)
    await reads(await visitor.open(`${HERE}/members`), 'h1', 'Log in')
    await say(
      revocable
        ? 'A copy of the cookie, made while Ada was logged in, leads nowhere.'
        : 'A copy of the cookie, made while Ada was logged in, is Ada until its end: this engine can take nothing back.',
    )
    await reads(await copy.open(`${HERE}/members`), 'h1', revocable ? 'Log in' : 'Members')
  },
}

/** One browser ends what another one began. */
async function yourDevices({ visitor, other, revocable, say, later, check, reads }: Stage): Promise<void> {
  const phone = other()
  await say('The same user logs in in another browser.')
  await phone.submit(await phone.open(HERE), HERE, { username: 'Ada', password: 'nor is this one' })
  let page = await visitor.open(DEVICES)
  if (!revocable) {
    await say('Cookies that hold the sessions cannot be listed: the page of one’s devices says so.')
    await reads(page, '.result', /^There is no list/)
    return
  }
  await say('Both are in the list, and neither id is.')
  const devices = page.all('.devices h2')
  await check('the page shows two sessions', devices.length === 2, devices.length)
  await check('one of them is this browser', page.all('.devices .mark').length === 1)
  await say('Ten minutes later the password is asked for again, before anything is ended.')
  await later(600)
  page = await visitor.submit(await visitor.open(DEVICES), `${DEVICES}/again`, { password: 'nor this one' })
  await say('Log out everywhere else. The other browser is nobody with its next request.')
  page = await visitor.submit(page, `${DEVICES}/end-others`)
  await reads(page, '.result', /^1 session has ended/)
  await reads(await phone.open(`${HERE}/members`), 'h1', 'Log in')
}
