import type { Scene } from '../scene.js'

const STOLEN = '/labs/stolen-cookie'

export const stolenCookie: Scene = {
  slug: 'stolen-cookie',
  async play({ visitor, other, cookieName, say, check, reads }) {
    const { browser } = visitor
    await say('Somebody logs in. A thief copies the cookie, and sends it from elsewhere.')
    let page = await visitor.submit(await visitor.open(STOLEN), `${STOLEN}/log-in`)
    const user = page.text('#user')
    const thief = other(browser.copy())
    await check('the thief is welcome', (await thief.open(`${STOLEN}/members`)).status === 200)
    await say('In the lab the server itself plays the thief: a real request with the copied cookie.')
    page = await visitor.submit(page, `${STOLEN}/steal`)
    page = await visitor.submit(page, `${STOLEN}/use`, { prediction: 'stolen-cookie.out' })
    await reads(page, '#outcome', 'The thief is in.')
    await reads(
      page,
      '#predicted',
      /^You said: It answers: not logged in\. What happened: It answers as if you had sent it\.$/,
    )
    await say('Log out everywhere else: the other sessions end, and this one gets a new id.')
    const before = browser.cookie(`${cookieName}-lab`)
    page = await visitor.submit(page, `${STOLEN}/end-others`)
    await check('the cookie has changed', browser.cookie(`${cookieName}-lab`) !== before)
    await reads(page, '#user', user ?? '')
    page = await visitor.submit(page, `${STOLEN}/use`)
    await reads(page, '#outcome', 'The thief is out.')
    await check('the thief has to log in', (await thief.open(`${STOLEN}/members`)).status === 401)
  },
}

const FIXATION = '/labs/fixation'

export const fixation: Scene = {
  slug: 'fixation',
  async play({ visitor, say, reads }) {
    let page = await visitor.open(FIXATION)
    for (const [app, outcome, text] of [
      ['careless', 'is in', 'A careless application: any id is adopted, and the log-in keeps it.'],
      [
        'tessera',
        'is not in',
        'Tessera: only ids of the server are accepted, and the log-in changes the id.',
      ],
    ] as const) {
      await say(text)
      for (const id of ['given', 'made-up']) {
        page = await visitor.submit(page, `${FIXATION}/plant`, { app, id })
        page = await visitor.submit(page, `${FIXATION}/log-in`, { app })
        page = await visitor.submit(page, `${FIXATION}/look`, { app })
        await reads(page, `#${app} .outcome`, outcome)
      }
    }
  },
}

const OTHER_SITE = '/labs/other-site'

export const otherSite: Scene = {
  slug: 'other-site',
  async play({ visitor, say, check, reads }) {
    const { browser } = visitor
    await say('A purse with ten coins, in a session. A form of the site itself pays one.')
    let page = await visitor.submit(await visitor.open(OTHER_SITE), `${OTHER_SITE}/begin`)
    await reads(page, '#coins', '10')
    page = await visitor.submit(page, `${OTHER_SITE}/pay`)
    await reads(page, '#coins', '9')
    const post = async (path: string) =>
      (await browser.fetch(path, { method: 'POST', body: new URLSearchParams() })).status
    await say(
      'The same form on a page of another origin. The browser adds the cookie, and says where it comes from.',
    )
    browser.origin = 'http://localhost:1'
    await check('csrf() refuses it', (await post(`${OTHER_SITE}/pay`)) === 403)
    if (page.has('#same-site')) {
      await say('Without the check it pays.')
      await check('the form is accepted', (await post(`${OTHER_SITE}/pay-unchecked`)) === 303)
      await reads(await visitor.open(OTHER_SITE), '#coins', '8')
    } else {
      await say('An address without the check exists only with OTHER_SITE_PORT.')
      await check('there is none', (await post(`${OTHER_SITE}/pay-unchecked`)) === 404)
      await reads(await visitor.open(OTHER_SITE), '#coins', '9')
    }
  },
}

const FORGED = '/labs/forged-cookie'

export const forgedCookie: Scene = {
  slug: 'forged-cookie',
  async play({ visitor, say, check, reads }) {
    await say('Two sessions in cookies: one is signed, one is sealed.')
    let page = await visitor.submit(await visitor.open(FORGED), `${FORGED}/begin`)
    await reads(page, '#signed .role', 'guest')
    await check(
      'the role can be read in the signed one',
      /"role":"guest"/.test(page.text('#signed .readable') ?? ''),
    )
    await check('nothing can be read in the sealed one', !/guest/.test(page.text('#sealed .readable') ?? ''))
    await say('An attacker writes "admin" into the signed one. The signature stays, and does not fit.')
    page = await visitor.submit(page, `${FORGED}/forge`, { kind: 'signed' })
    await check('the cookie says admin', /"role":"admin"/.test(page.text('#signed .readable') ?? ''))
    await reads(page, '#signed .role', 'The server refuses this cookie.')
    await say('One other character in the sealed one, and it does not open.')
    page = await visitor.submit(page, `${FORGED}/forge`, { kind: 'sealed' })
    await reads(page, '#sealed .role', 'The server refuses this cookie.')
  },
}

const SCRIPT = '/labs/script'

export const scriptReads: Scene = {
  slug: 'script',
  async play({ visitor, say, check, reads, given }) {
    await say('Two cookies. They differ in HttpOnly, and both come back with the next request.')
    const page = await visitor.submit(await visitor.open(SCRIPT), `${SCRIPT}/set`)
    await reads(page, '#lab-one', 'secret-1')
    await reads(page, '#lab-two', 'secret-2')
    await check('a script may read lab-one', !/httponly/i.test(given('lab-one')))
    await check('no script may read lab-two', /; HttpOnly/.test(given('lab-two')))
  },
}
