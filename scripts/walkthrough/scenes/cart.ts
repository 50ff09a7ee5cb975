import type { Page } from '../page.js'
import type { Scene, Stage } from '../scene.js'

async function add({ visitor }: Stage, here: string, item: Item): Promise<Page> {
  return visitor.submit(await visitor.open(`${here}/add`), `${here}/add`, { ...item })
}

interface Item {
  readonly name: string
  readonly quantity: string
  /** One of the choices for how long. */
  readonly life: string
}

const EMPTY = 'There is nothing in it.'

async function inCookie(stage: Stage): Promise<void> {
  const here = '/cookies/cart'
  const { visitor, given, later, say, check, reads } = stage
  await say('In a cookie: the cart itself goes to and fro. This one is temporary.')
  let page = await add(stage, here, { name: 'tea', quantity: '2', life: 'browser' })
  await reads(page, '.items tbody', /^tea 2/)
  await check('the cookie has no date', !/max-age|expires/i.test(given('cart')))
  await say('The browser is closed, and it is gone.')
  visitor.browser.restart()
  await reads(await visitor.open(`${here}/items`), '[role=status]', EMPTY)
  await say('With Max-Age=180 it outlives the browser, for three minutes.')
  await add(stage, here, { name: 'cups', quantity: '6', life: 'age' })
  await check('the cookie has Max-Age=180', /; Max-Age=180;/.test(given('cart')))
  visitor.browser.restart()
  page = await visitor.open(`${here}/items`)
  await reads(page, '.items tbody', /^cups 6/)
  await later(180)
  await reads(await visitor.open(`${here}/items`), '[role=status]', EMPTY)
}

async function inSession(stage: Stage): Promise<void> {
  const here = '/sessions/cart'
  const { visitor, other, cookieName, given, later, say, check, reads, holds } = stage
  await say('In a session, with setExpiry(120): more of the same adds up.')
  await add(stage, here, { name: 'tea', quantity: '2', life: 'age' })
  await add(stage, here, { name: 'tea', quantity: '1', life: 'age' })
  await holds('cart', [['tea', 3]])
  await check('the cookie has Max-Age=120', /; Max-Age=120;/.test(given(cookieName)))
  const copy = other(visitor.browser.stolen())
  await later(119)
  await reads(await visitor.open(`${here}/items`), '.items tbody', /^tea 3/)
  await later(1)
  await say('Two minutes after the last change it is over, for the server too: a kept cookie opens nothing.')
  await reads(await copy.open(`${here}/items`), '[role=status]', EMPTY)

  await say('With setExpiry(0) it ends with the browser: the cookie has no date.')
  await add(stage, here, { name: 'tea', quantity: '1', life: 'browser' })
  await check('the cookie has no date', !/max-age|expires/i.test(given(cookieName)))
  let page = await add(stage, here, { name: 'cups', quantity: '6', life: 'browser' })
  await say('One item is taken out, and then all that is left.')
  page = await visitor.submit(page, `${here}/remove`, { name: 'tea' })
  await holds('cart', [['cups', 6]])
  page = await visitor.submit(page, `${here}/empty`)
  await reads(page, '[role=status]', EMPTY)
  await holds('cart', undefined)
}

export const cart: Scene = {
  slug: 'cart',
  async play(stage) {
    await inCookie(stage)
    await inSession(stage)
  },
}
