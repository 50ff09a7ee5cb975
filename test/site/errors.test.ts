import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import Koa, { type Middleware } from 'koa'
import views from 'koa-views'
import type { Logger } from '../../src/lib/index.js'
import { errorPages, logFailures } from '../../src/site/middleware/errors.js'
import { root } from '../support/root.js'
import { serve } from '../support/serve.js'
import { temporaryDirectory } from '../support/server-process.js'

const pages = join(root, 'views')

/** A server with one handler behind the error pages, and what it logged. */
async function serverWith(t: ExecutionContext, handler: Middleware, directory = pages) {
  const logged: { details: object; message: string }[] = []
  const keep = (details: object, message: string): void => {
    logged.push({ details, message })
  }
  const logger: Logger = { warn: keep, error: keep }
  const app = new Koa()
  app.on('error', logFailures(logger))
  app
    .use(errorPages())
    .use(views(directory, { extension: 'ejs' }))
    .use(handler)
  return { url: await serve(t, app), logged }
}

test('an unknown address is a page with 404, and nothing is logged', async (t) => {
  const { url, logged } = await serverWith(t, () => {})
  const response = await fetch(`${url}/nowhere`)
  t.is(response.status, 404)
  t.is(response.headers.get('Content-Type'), 'text/html; charset=utf-8')
  t.regex(await response.text(), /<h1>Not Found<\/h1>/)
  t.deepEqual(logged, [])
})

test('what the handler set stays on a 404 that it did not throw', async (t) => {
  const { url } = await serverWith(t, (ctx) => ctx.cookies.set('kept', '1'))
  t.regex((await fetch(url)).headers.get('Set-Cookie') ?? '', /^kept=1/)
})

test('clients that do not accept HTML get JSON or plain text', async (t) => {
  const { url } = await serverWith(t, () => {})
  const json = await fetch(url, { headers: { Accept: 'application/json' } })
  t.is(json.headers.get('Content-Type'), 'application/json; charset=utf-8')
  t.deepEqual(await json.json(), { status: 404, message: 'Not Found' })

  for (const accept of ['text/plain', 'image/png']) {
    const text = await fetch(url, { headers: { Accept: accept } })
    t.is(text.headers.get('Content-Type'), 'text/plain; charset=utf-8')
    t.is(await text.text(), 'Not Found')
    t.is(text.headers.get('Vary'), 'Accept')
  }
})

test('an Accept header that is absurdly long is disregarded, since its parser takes long', async (t) => {
  const { url } = await serverWith(t, () => {})
  for (const [length, type] of [
    [500, 'application/json'],
    [15_000, 'text/html'],
  ] as const) {
    const response = await fetch(url, {
      headers: { Accept: `application/json, a/b;c="${','.repeat(length)}"` },
    })
    t.is(response.headers.get('Content-Type'), `${type}; charset=utf-8`)
  }
})

for (const accept of ['text/html', 'application/json', 'text/plain']) {
  test(`S67 a fault of the server's is a 500 that tells ${accept} nothing, and the log everything`, async (t) => {
    const cause = new Error('the innermost reason')
    const { url, logged } = await serverWith(t, () => {
      throw new Error('an internal matter', { cause })
    })
    const response = await fetch(`${url}/some/page`, { headers: { Accept: accept } })
    t.is(response.status, 500)
    t.is(response.headers.get('Cache-Control'), 'no-store')
    const body = await response.text()
    t.regex(body, /Internal Server Error/)
    t.notRegex(body, /internal matter|innermost|\.ts|\bat /)

    t.is(logged.length, 1)
    t.like(logged[0]?.details, {
      method: 'GET',
      path: '/some/page',
      err: { message: 'an internal matter', cause },
    })
  })
}

test('an error that may be shown is shown, escaped, and logged in one line without a stack trace', async (t) => {
  const { url, logged } = await serverWith(t, (ctx) => ctx.throw(418, '<b>short</b> and stout'))
  const response = await fetch(url)
  t.is(response.status, 418)
  t.regex(await response.text(), /&lt;b&gt;short&lt;\/b&gt; and stout/)
  const details = { status: 418, method: 'GET', path: '/', reason: '<b>short</b> and stout' }
  t.deepEqual(logged, [{ details, message: 'a request was refused' }])
})

test('headers that the failed handler set are gone, those on the error are sent', async (t) => {
  const { url } = await serverWith(t, (ctx) => {
    ctx.set('Content-Type', 'image/png')
    ctx.set('Cache-Control', 'public, max-age=3600')
    ctx.cookies.set('lost', '1')
    const headers = {
      'Set-Cookie': ['kept=1; path=/', 'kept2=2; path=/'],
      Vary: 'Cookie',
      'Retry-After': '1',
      'Content-Type': 'text/css',
      'content-length': '3',
    }
    throw Object.assign(new Error('down'), { status: 503, headers })
  })
  const response = await fetch(url)
  t.is(response.status, 503)
  t.deepEqual(response.headers.getSetCookie(), ['kept=1; path=/', 'kept2=2; path=/'])
  t.is(response.headers.get('Vary'), 'Cookie, Accept')
  t.is(response.headers.get('Retry-After'), '1')
  t.is(response.headers.get('Content-Type'), 'text/html; charset=utf-8')
  t.is(response.headers.get('Cache-Control'), 'no-store')
  t.regex(await response.text(), /<\/html>\s*$/)

  for (const accept of ['application/json', 'text/plain']) {
    const other = await fetch(url, { headers: { Accept: accept } })
    t.is(other.headers.get('Content-Type'), `${accept}; charset=utf-8`)
    t.regex(await other.text(), /Service Unavailable/)
  }
})

test('a page that cannot be rendered is plain text, and both failures are logged', async (t) => {
  const { url, logged } = await serverWith(
    t,
    () => {
      throw new Error('the first')
    },
    await temporaryDirectory(t),
  )
  const response = await fetch(url)
  t.is(response.status, 500)
  t.is(response.headers.get('Content-Type'), 'text/plain; charset=utf-8')
  t.is(await response.text(), 'Internal Server Error')
  t.is(logged.length, 2)
  t.like(logged[0]?.details, { err: { message: 'the first' } })
})

test('HEAD is answered with the headers of GET and no body', async (t) => {
  const { url } = await serverWith(t, (ctx) => ctx.throw(410))
  const get = await fetch(url)
  const head = await fetch(url, { method: 'HEAD' })
  t.is(head.status, 410)
  t.is(head.headers.get('Content-Length'), get.headers.get('Content-Length'))
  t.is(await head.text(), '')
})

for (const status of [42, 999, 100, Number.NaN, '404', null]) {
  test(`an error with the status ${JSON.stringify(status)} (${typeof status}) is a 500`, async (t) => {
    const { url, logged } = await serverWith(t, () => {
      throw Object.assign(new Error('odd'), { status })
    })
    t.is((await fetch(url)).status, 500)
    t.is(logged.length, 1)
  })
}

for (const thrown of ['text', undefined, null, 0, { status: 404, expose: true, message: 'secret' }]) {
  test(`throwing ${JSON.stringify(thrown)} is a 500, and what was thrown is logged`, async (t) => {
    const { url, logged } = await serverWith(t, () => {
      throw thrown
    })
    const response = await fetch(url)
    t.is(response.status, 500)
    t.notRegex(await response.text(), /secret|text'/)
    t.is(logged.length, 1)
  })
}

test('an error after the answer has begun is logged once, and the answer is left as it is', async (t) => {
  const { url, logged } = await serverWith(t, (ctx) => {
    ctx.respond = false
    ctx.res.writeHead(200, { 'Content-Length': '5' })
    ctx.res.end('whole')
    throw new Error('too late')
  })
  const response = await fetch(url)
  t.is(response.status, 200)
  t.is(await response.text(), 'whole')
  t.is(logged.length, 1)
})

test('an answer that a handler writes itself is not taken for none', async (t) => {
  const { url } = await serverWith(t, (ctx) => {
    ctx.respond = false
    setImmediate(() => ctx.res.writeHead(404).end('my own'))
  })
  t.is(await (await fetch(url)).text(), 'my own')
})

test('a 503 leads back to its own address, and to no other host', async (t) => {
  const down = Object.assign(new Error('down'), { status: 503 })
  const { url } = await serverWith(t, () => {
    throw down
  })
  const again = async (path: string, method = 'GET'): Promise<string | undefined> =>
    /href="([^"]*)">Try again/.exec(await (await fetch(url + path, { method })).text())?.[1]
  t.is(await again('/cart?item=1'), '/cart?item=1')
  t.is(await again('//evil.example/'), undefined)
  t.is(await again('/cart', 'POST'), undefined, 'a form is not sent again by a link')
})

test('every error page says what to do, whether or not the error has words of its own', async (t) => {
  for (const status of [400, 401, 403, 404, 405, 409, 413, 414, 415, 418, 422, 429, 500, 501, 503]) {
    for (const own of [undefined, 'Nothing was saved.']) {
      const error = Object.assign(new Error(own ?? 'internal'), { status, expose: own !== undefined })
      const { url } = await serverWith(t, () => {
        throw error
      })
      const page = await (await fetch(url)).text()
      t.regex(page, /<p class="lead">[^<]{10,}<\/p>/, String(status))
      if (own !== undefined) t.regex(page, /<p class="lead">Nothing was saved\.<\/p>/)
      t.regex(page, /<h2>What to do<\/h2>\s*<p>[A-Z][^<]{10,}\.<\/p>/, String(status))
      t.regex(page, /href="\/">To the front page/)
    }
  }
})

test('an error page leads back to the page before, and to no other site', async (t) => {
  const { url } = await serverWith(t, (ctx) => ctx.throw(400))
  const back = async (Referer: string, method = 'POST'): Promise<string | undefined> => {
    const answer = await fetch(`${url}/cart`, { method, headers: { Referer } })
    return /href="([^"]*)">Back to the page before/.exec(await answer.text())?.[1]
  }
  t.is(await back(`${url}/cart/add?item=1`), '/cart/add?item=1')
  t.is(await back(`${url}/"><script>`), '/%22%3E%3Cscript%3E')
  t.is(await back(`${url}/cart`), '/cart', 'the page of the form has the address that the form is sent to')
  t.is(await back(`${url}/cart`, 'GET'), undefined)
  for (const elsewhere of ['http://evil.example/', `${url}//evil.example/`, 'nonsense', ''])
    t.is(await back(elsewhere), undefined, elsewhere)
})
