import { onEngines } from './site.js'

const HERE = '/beside-django'

onEngines('a note is shown as Django stores it, and every changed character is noticed', async (t, site) => {
  const person = site.person()
  const none = await person.open(HERE)
  t.is(none.text('#payload'), undefined)
  t.is(none.text('#command'), 'npm run django-demo')
  t.is((await person.submit(none, HERE, { note: '' })).status, 422)

  const page = await person.submit(none, HERE, { note: '<b>é' })
  const json = Buffer.from(page.text('#payload') ?? '', 'base64url').toString()
  t.is(json, '{"besideDjango":"<b>\\u00e9"}')
  t.is(page.text('#json'), '{"besideDjango":"<b>é"}')
  const parts = ['payload', 'second', 'signature'].map((part) => page.text(`#${part}`) ?? '')
  const text = parts.join(':')
  const read = await person.submit(page, `${HERE}/read`, { text })
  t.regex(read.text('#read') ?? '', /says {"besideDjango":"<b>é"}\.$/)
  for (const other of [text.slice(1), `${text}A`, text.replace(':', '.'), parts.slice(0, 2).join(':'), 'x'])
    t.regex(
      (await person.submit(page, `${HERE}/read`, { text: other })).text('#read') ?? '',
      /^No key has signed/,
    )
  t.is((await person.submit(page, `${HERE}/read`, { text: 'x'.repeat(1001) })).status, 422)
})
