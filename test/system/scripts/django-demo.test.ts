import { djangoMissing } from '../../support/django/project.js'
import { testOf } from '../../support/test-of.js'
import { Script } from './script.js'

/** A browser that keeps cookies and sends the forms of pages, without saying where they come from. */
class Browser {
  readonly #origin: string
  readonly #cookies = new Map<string, string>()

  constructor(origin: string) {
    this.#origin = origin
  }

  get sessionId(): string | undefined {
    return this.#cookies.get('sessionid')
  }

  /** The text of the page. */
  async get(path: string): Promise<string> {
    return (await this.#send(path)).text()
  }

  /** Sends the form of a page whose action is this, with what it holds and what the visitor adds. Answers the status. */
  async submit(page: string, action: string, added: Readonly<Record<string, string>> = {}): Promise<number> {
    const [, form = ''] =
      new RegExp(`<form [^>]*action="${action}"[^>]*>(.*?)</form>`, 's').exec(await this.get(page)) ?? []
    const fields = [...form.matchAll(/<input ([^>]*)>/g)].map(([, attributes = '']) =>
      ['name', 'value'].map((name) => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? ''),
    )
    const body = new URLSearchParams({ ...Object.fromEntries(fields), ...added })
    return (await this.#send(action, { method: 'POST', body })).status
  }

  async #send(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(this.#origin + path, { ...init, redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || value === '""' || /max-age=0|1970/i.test(line)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return response
  }
}

const textOf = (page: string, id: string): string | undefined =>
  new RegExp(`id="${id}">([^<]*)<`)
    .exec(page)?.[1]
    ?.replaceAll(/&(?:quot|#34);/g, '"')
    .replaceAll('&#x27;', "'")

testOf(
  { title: 'django-demo', missing: djangoMissing },
  'one visitor uses both sites: baskets, log-ins, log-outs and forms of each count on the other',
  async (t) => {
    const demo = new Script(t, 'django-demo', ['--port', '0'], {
      ...(process.env.DJANGO_PYTHON && { DJANGO_PYTHON: process.env.DJANGO_PYTHON }),
    })
    const visitor = new Browser(await demo.url())
    t.is(await visitor.submit('/koa/', '/koa/basket'), 302)
    t.is(await visitor.submit('/django/', '/django/basket', { item: 'tea' }), 302)
    t.is(await visitor.submit('/koa/', '/django/basket', { item: 'cake' }), 302, 'Django takes a form of Koa')
    t.is(textOf(await visitor.get('/django/'), 'basket'), "{'coffee': 1, 'tea': 1, 'cake': 1}")
    const anonymous = visitor.sessionId

    t.is(await visitor.submit('/django/', '/django/log-in', { password: 'wrong' }), 403)
    t.is(await visitor.submit('/django/', '/django/log-in'), 302)
    t.not(visitor.sessionId, anonymous)
    const ours = await visitor.get('/koa/')
    t.is(textOf(ours, 'user'), 'ada')
    t.like(JSON.parse(textOf(ours, 'session') ?? ''), { basket: { coffee: 1, tea: 1, cake: 1 } })

    t.is(await visitor.submit('/koa/', '/koa/log-out'), 302)
    t.is(textOf(await visitor.get('/django/'), 'user'), 'AnonymousUser')
    t.is(await visitor.submit('/koa/', '/koa/log-in', { password: 'wrong' }), 403)
    t.is(await visitor.submit('/koa/', '/koa/log-in'), 302)
    t.is(textOf(await visitor.get('/django/'), 'user'), 'ada')
    t.is(await visitor.submit('/django/', '/django/basket', { item: 'tea', csrfmiddlewaretoken: 'x' }), 403)
    t.is(await visitor.submit('/django/', '/django/log-out'), 302)
    t.is(textOf(await visitor.get('/koa/'), 'user'), 'nobody')

    demo.child.kill('SIGTERM')
    const { code, stderr } = await demo.end()
    t.is(stderr, '')
    t.is(code, 0)
  },
)
