import { onEngines } from './site.js'

const HERE = '/sessions/save-every-request'

onEngines(
  'with the setting on, each read moves the end, and no read moves it past two minutes',
  async (t, site) => {
    const person = site.person()
    t.true((await person.open(HERE)).has('#none'))
    t.deepEqual([...person.cookies.keys()], ['csrftoken'], 'looking begins nothing')
    let page = await person.submit(await person.open(HERE), `${HERE}/begin`)
    t.is(page.text('#moved'), 'nothing')
    const most = site.now + 120_000
    site.now += 20
    page = await person.open(HERE)
    t.is(page.text('#moved'), 'less than a second')
    t.regex(page.text('.changes') ?? '', /The session has its end written again/)
    for (const passed of [7, 29, 29, 29]) {
      site.now += passed * 1000
      page = await person.open(HERE)
      t.regex(page.text('#moved') ?? '', new RegExp(`^${Math.min(passed, 120)} seconds$|^2[0-9] seconds$`))
      if (passed === 7) t.is(page.text('#moved'), '7 seconds')
    }
    // 94 seconds have passed: another thirty would be too many.
    site.now += 20_000
    page = await person.open(HERE)
    t.is(page.text('.countdown'), 'in 6 seconds')
    site.now = most
    t.true((await person.open(HERE)).has('#none'), 'though it was used all the time')
  },
)

onEngines('with the setting off, no read moves the end', async (t, site) => {
  const person = site.person()
  const off = `${HERE}/off`
  await person.submit(await person.open(off), `${off}/begin`)
  for (let reads = 0; reads < 2; reads++) {
    site.now += 14_000
    t.is((await person.open(off)).text('#moved'), 'nothing')
  }
  site.now += 2_000
  t.true((await person.open(off)).has('#none'))
  t.false((await person.open(HERE)).has('#moved'), 'each has a session of its own')
})
