import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { parse } from 'node-html-parser'
import { terms } from '../../../src/site/demos/glossary.js'
import { openSite } from './site.js'

/** Sends these lines as they are, and answers all that comes back. */
async function exchange(url: string, lines: readonly string[]): Promise<{ head: string[]; body: string }> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`)
  const answer = await text(socket)
  const end = answer.indexOf('\r\n\r\n')
  return { head: answer.slice(0, end).split('\r\n'), body: answer.slice(end + 4) }
}

const progressAt = (href: string): string => `/progress/${href.slice(1).replaceAll('/', '-')}`

/** The lines of the two heads on the page. */
function headsIn(body: string): string[][] {
  const blocks = parse(body, { blockTextElements: { script: true, style: true } }).querySelectorAll('.whole')
  return blocks.map(({ textContent }) => textContent.split('\n\n')[0]?.split('\n') ?? [])
}

test('the page shows both heads word for word, without a cookie and with one', async (t) => {
  const { url } = await openSite(t)
  const host = new URL(url).host
  const own = [`Host: ${host}`, 'Accept-Language: de, <b>en</b>;q=0.5', 'X-Odd:  one & two ']
  for (const path of ['/one-request', '/one-request/cookie', '/one-request/removed']) {
    const { head, body } = await exchange(url, [`GET ${path}?a=%22&b HTTP/1.1`, ...own])
    const [sent, given] = headsIn(body)
    t.deepEqual(sent, [
      `GET ${path}?a=%22&b HTTP/1.1`,
      ...own.map((line) => line.replace(/: +(.*?) *$/, ': $1')),
      'Connection: close',
    ])
    // Node adds the line about the connection when it sends the head.
    t.deepEqual(given?.toSorted(), head.filter((line) => !line.startsWith('Connection:')).toSorted(), path)
    t.is(Buffer.byteLength(body), Number(/^Content-Length: (\d+)$/m.exec(head.join('\n'))?.[1]))
    t.notRegex(body, /<b>en|\0/)
  }
})

test('the first response sets no cookie at all, the next one sets one, and a request with it gets none', async (t) => {
  const site = await openSite(t)
  const person = site.person()
  const first = await person.open('/one-request')
  t.deepEqual([...person.cookies.keys()], [])
  t.notRegex(first.text('.verbatim') ?? '', /Cookie/)
  const second = await person.open(first.link('The same with a cookie'))
  t.deepEqual([...person.cookies], [['first-cookie', 'hello']])
  t.deepEqual(second.all('.verbatim mark'), [
    'Set-Cookie: first-cookie=hello; Path=/; HttpOnly; SameSite=Lax',
  ])
  t.false(second.has('.cookies-off'), 'the page before set none')
  const third = await person.open('/one-request/cookie')
  t.deepEqual(third.all('.verbatim mark'), ['Cookie: first-cookie=hello'])
  const last = await person.open(third.link('Remove the cookie'))
  t.regex(last.all('.verbatim mark').join(), /Set-Cookie: first-cookie=; Max-Age=0/)
  t.deepEqual([...person.cookies], [])
})

test('what gives access is a hash, and on a server for others lines of a proxy are left out', async (t) => {
  const lines = [
    'GET /one-request HTTP/1.1',
    'Host: tessera.example',
    'Authorization: Basic c2VjcmV0',
    'X-Internal: 10.0.0.1',
    `Cookie: first-cookie=hello; sessionid=${'a'.repeat(32)}; other`,
  ]
  const own = await exchange((await openSite(t)).url, lines)
  t.deepEqual(headsIn(own.body)[0]?.slice(2), [
    'Authorization: (a secret)',
    'X-Internal: 10.0.0.1',
    'Cookie: first-cookie=hello; sessionid=#3ba3f5f4…; other',
    'Connection: close',
  ])
  const others = await exchange((await openSite(t, { NODE_ENV: 'production' })).url, lines)
  t.notRegex(others.body, /10\.0\.0\.1|c2VjcmV0|aaaa/)
  t.regex(others.body, /2 more lines are left out/)
})

test('every word of the glossary has one or two short sentences, and a step to see it', async (t) => {
  const site = await openSite(t)
  const person = site.person()
  const page = await person.open('/glossary')
  t.is(page.status, 200)
  t.deepEqual([...person.cookies.keys()], [])
  const ids = terms.map(({ id }) => id)
  for (const id of [
    'stateless',
    'session',
    'session-cookie',
    'signed',
    'fixation',
    'hijacking',
    'csrf',
    'xss',
  ])
    t.true(ids.includes(id), id)
  for (const id of ['same-site', 'idle-timeout', 'absolute-timeout']) t.true(page.has(`#${id}`), id)
  for (const { href, term, meaning } of terms) {
    t.true([200].includes((await person.open(href)).status), `${term}: ${href}`)
    const sentences = meaning.split(/(?<=[.:]) /)
    t.true(meaning.split(/(?<=\.) /).length <= 2, term)
    for (const sentence of sentences) t.true(sentence.split(' ').length <= 20, sentence)
  }
})

test('a step for programmers says where others go on, and the path ends with questions', async (t) => {
  const person = (await openSite(t)).person()
  const skip = async (href: string) =>
    (await person.submit(await person.open(href), `${progressAt(href)}/skip`)).path
  t.is(await skip('/sessions/methods'), '/sessions/save-every-request')
  t.is(await skip('/engines'), '/in-your-own-words', 'over the step after it, which is for programmers too')
  t.false((await person.open('/sessions/log-in')).has('.for-engineers'))
  for (const [href, next] of [
    ['/sessions/log-in', '/sessions/save-every-request'],
    ['/sessions/two-tabs', '/in-your-own-words'],
  ] as const) {
    const here = await person.open(href)
    const done = await person.submit(here, progressAt(href), { skip: 'yes' })
    t.is(done.path, next, 'its second button skips what is for programmers')
  }
  const end = await person.open('/in-your-own-words')
  t.is(end.all('summary').length, 10)
  for (const [, href = ''] of end.html.matchAll(/<a href="([^"]+)">See it:/g))
    t.is((await person.open(href)).status, 200, href)
})
