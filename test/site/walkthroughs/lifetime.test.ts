import { onEngines } from './site.js'

const HERE = '/cookies/lifetime'

onEngines('two cookies, one without an end and one with', async (t, site) => {
  const person = site.person()
  const page = await person.open(HERE)
  t.is(page.text('#temporary-brought'), 'no')
  t.is(page.text('#persistent-brought'), 'no')
  t.is(page.text('.result'), 'The browser sent neither.')

  const setBy = async (button: string): Promise<string> => {
    const body = new URLSearchParams(page.hiddenIn(`${HERE}/${button}`))
    const response = await person.browser.fetch(`${HERE}/${button}`, { method: 'POST', body })
    t.is(response.status, 303)
    t.is(response.headers.get('Location'), HERE)
    const lines = response.headers.getSetCookie()
    return lines.filter((line) => !line.startsWith('inspector-')).join('\n')
  }
  const temporary = await setBy('temporary')
  t.regex(temporary, /^temporary=/)
  t.notRegex(temporary, /max-age|expires/i)
  t.regex(await setBy('persistent'), /^persistent=.*; Max-Age=180;.*; Expires=/)

  t.is((await person.open(HERE)).text('.result'), 'The browser sent: temporary and persistent.')
})

onEngines('the table says what came, since when, and until when', async (t, site) => {
  site.now = Date.UTC(2030, 0, 31, 23, 58, 0)
  const person = site.person()
  await person.submit(await person.open(HERE), `${HERE}/temporary`)
  site.now += 30_000
  const page = await person.submit(await person.open(HERE), `${HERE}/persistent`)
  t.deepEqual(page.all('tbody tr'), [
    'temporary yes 31 Jan 2030, 23:58:00 UTC until it closes',
    'persistent yes 31 Jan 2030, 23:58:30 UTC until 1 Feb 2030, 00:01:30 UTC',
  ])
})

onEngines('the page says which of them came, if one came alone or none', async (t, site) => {
  const person = site.person()
  await person.submit(await person.open(HERE), `${HERE}/temporary`)
  await person.submit(await person.open(HERE), `${HERE}/persistent`)
  // Both are the browser's doing.
  person.cookies.delete('temporary')
  t.is((await person.open(HERE)).text('.result'), 'The browser sent: persistent.')
  person.cookies.delete('persistent')
  t.is((await person.open(HERE)).text('.result'), 'The browser sent neither.')
})

onEngines('both can be deleted', async (t, site) => {
  const person = site.person()
  await person.submit(await person.open(HERE), `${HERE}/temporary`)
  await person.submit(await person.open(HERE), `${HERE}/persistent`)
  const page = await person.submit(await person.open(HERE), `${HERE}/delete`)
  t.is(page.text('.result'), 'The browser sent neither.')
  t.deepEqual([...person.cookies.keys()], ['csrftoken'])
})

onEngines(
  'forged cookies are told to have come, and nothing in them is believed but a time',
  async (t, site) => {
    const person = site.person()
    for (const forged of [
      '',
      '%',
      'yesterday',
      '2030-02-31T00%3A00%3A00Z',
      '%7B%22set%22%3A1%7D',
      '__proto__',
      '<script>alert(1)</script>',
      '9'.repeat(5000),
    ]) {
      person.cookies.set('temporary', forged)
      person.cookies.set('persistent', forged)
      const page = await person.open(HERE)
      t.is(page.status, 200, forged)
      t.is(page.text('#persistent-brought'), 'yes', forged)
      t.regex(page.all('tbody tr')[1] ?? '', /unknown: the value is not a time/, forged)
      t.notRegex(page.html, /<script>/)
    }
    for (const forged of ['9999-12-31T23:59:59.999Z', '0000-01-01T00:00:00Z']) {
      person.cookies.set('persistent', forged)
      t.is((await person.open(HERE)).status, 200, forged)
    }
  },
)
