import { inBrowser, openTour } from './tour.js'

/** The first page of each is looked at on the way along the path. */
inBrowser('Labs: a stolen cookie is used, and then worthless', async (tour, t) => {
  await tour.open('/labs/stolen-cookie')
  await tour.press('Log in')
  await tour.press('Let the thief copy it')
  await tour.press('Send it as the thief')
  await tour.reads('#outcome', 'The thief is in.')
  await tour.look('lab-stolen-in')

  // Another browser is as good a thief as the server.
  const thief = await openTour(t, { scripts: tour.scripts, site: tour.site })
  const value = await tour.page.locator('#loot').innerText()
  await thief.context.addCookies([{ name: 'sessionid-lab', value, url: tour.site.url }])
  await thief.open('/labs/stolen-cookie/members')
  await thief.reads('body', /^Welcome, member-/)
  await tour.press('Log out everywhere else')
  await tour.press('Send it again as the thief')
  await tour.reads('#outcome', 'The thief is out.')
  await tour.look('lab-stolen-out')
  await thief.open('/labs/stolen-cookie/members')
  await thief.reads('body', 'Log in first.')
})

inBrowser('Labs: fixation works on a careless application only', async (tour) => {
  await tour.open('/labs/fixation')
  for (const [app, outcome] of [
    ['careless', 'is in'],
    ['tessera', 'is not in'],
  ] as const) {
    const part = tour.page.locator(`#${app}`)
    for (const button of [/^Plant it in/, /^Log in to/, /^Send the planted id$/])
      await part.getByRole('button', { name: button }).click()
    await tour.reads(`#${app} .outcome`, outcome)
  }
  await tour.look('lab-fixation-looked')
})

inBrowser('Labs: a forged cookie is refused, signed or sealed', async (tour, t) => {
  await tour.open('/labs/forged-cookie')
  await tour.press('Get the two cookies')
  await tour.press('Write admin into it')
  await tour.reads('#signed .role', 'The server refuses this cookie.')
  await tour.reads('#signed .readable', /"role":"admin"/)
  await tour.look('lab-forged-signed')
  const field = tour.page.getByLabel('Or edit sessionid-sealed yourself')
  const good = await field.inputValue()
  await field.fill(`${good} and more`)
  const sealed = tour.page.locator('#sealed')
  await sealed.getByRole('button', { name: 'Send this value' }).click()
  await tour.reads('.problem', /^A value has letters/)
  t.is(await field.inputValue(), `${good} and more`)
  await tour.look('lab-forged-problem')
  await field.fill(`${good}A`)
  await sealed.getByRole('button', { name: 'Send this value' }).click()
  await tour.reads('#sealed .role', 'The server refuses this cookie.')
})

inBrowser('Labs: after a button the part of the page that it changed is on the screen', async (tour, t) => {
  const { page } = tour
  await page.setViewportSize({ width: 390, height: 844 })
  const pressed = async (within: string, button: RegExp, changed: string): Promise<void> => {
    await page.locator(within).getByRole('button', { name: button }).click()
    await page.waitForLoadState()
    const box = await page.locator(changed).boundingBox()
    t.true(box !== null && box.y >= 0 && box.y + box.height <= 844, `${button}: ${JSON.stringify(box)}`)
  }
  await tour.open('/labs/stolen-cookie')
  await pressed('main', /^Log in$/, '#user')
  await pressed('main', /^Let the thief copy it$/, '#loot')
  await pressed('#use', /^Send it as the thief$/, '#outcome')
  await pressed('#throw-out', /^Log out everywhere else$/, '#over')
  await tour.open('/labs/fixation')
  await pressed('#tessera', /^Plant it in/, '#tessera .planted')
  await pressed('#tessera', /^Log in to Tessera$/, '#tessera .held-id')
  await page.locator('#tessera').getByLabel('It answers as if you had sent it.').check()
  await pressed('#tessera', /^Send the planted id$/, '#tessera #predicted')
  t.is(await page.locator('#tessera .predict').count(), 0, 'what was answered is not asked again')
  t.is(await page.locator('#careless .predict').count(), 1)
  await tour.open('/labs/forged-cookie')
  await pressed('main', /^Get the two cookies$/, '#signed h2')
  await pressed('#sealed', /^Change one character$/, '#sealed .role')
})

inBrowser('Labs: a script sees one of two cookies', async (tour) => {
  await tour.open('/labs/script')
  await tour.press('Set two cookies')
  await tour.reads('#lab-two', 'secret-2')
  await tour.reads('#seen', tour.scripts ? /^(?!.*secret-2).*lab-one=secret-1/ : '')
  await tour.look('lab-script')
})

inBrowser(
  'Labs: a form on another site',
  async (tour, t) => {
    await tour.open('/labs/other-site')
    await tour.press('Open a purse with ten coins')
    const leads = tour.page.locator('#same-site')
    const sameSite = (await leads.getAttribute('href')) ?? ''
    await leads.click()
    await tour.reads('h1', 'You have won!')
    await tour.look('lab-other-won')
    await tour.press('Collect it there')
    await tour.reads('.status', '403')
    await tour.page.goto(sameSite)
    await tour.press('Collect the prize')
    await tour.reads('#coins', '9')
    await tour.reads('#origin', new URL(sameSite).origin)
    await tour.reads('#site', 'same-site')
    await tour.look('lab-other-paid')

    await tour.page.locator('#cross-site').click()
    t.is(new URL(tour.page.url()).hostname, 'localhost', 'to a browser that is another site')
    await tour.press('Collect the prize')
    await tour.reads('#alone', /^A form arrived without your cookie/)
    await tour.reads('#coins', '9')
    await tour.look('lab-other-alone')
  },
  { OTHER_SITE_PORT: '0' },
)
