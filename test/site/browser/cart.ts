import { inBrowser } from './tour.js'

inBrowser('Shopping cart: in a cookie and in a session, filled, looked at and emptied', async (tour, t) => {
  for (const [kind, link, code] of [
    ['cookies', 'In a cookie', 'Max-Age=180'],
    ['sessions', 'In a session', 'setExpiry(120)'],
  ] as const) {
    const name = `cart-${kind}`
    await tour.open('/cookies/cart')
    await tour.follow(link)
    await tour.look(`${name}-nothing`)
    await tour.follow('Show the cart')
    await tour.reads('[role=status]', 'There is nothing in it.')
    await tour.look(`${name}-empty`)
    await tour.follow('Add an item')
    await tour.look(`${name}-add`)
    await tour.fill({ Item: '<b>Earl Grey</b>', Quantity: '-1' }, 'Add to the cart')
    await tour.reads('.problem', /A quantity is from 1 to 99\./)
    t.is(await tour.page.getByLabel('Item').inputValue(), '<b>Earl Grey</b>')
    await tour.look(`${name}-problem`)
    await tour.fill({ Item: 'Earl Grey', Quantity: '2' }, 'Add to the cart')
    await tour.follow('Add another item')
    await tour.page.getByLabel(code).check()
    await tour.fill({ Item: 'W'.repeat(40), Quantity: '99' }, 'Add to the cart')
    await tour.reads('.facts', kind === 'cookies' ? /^Max-Age 180/ : /^getExpiryAge\(\) 120/)
    await tour.look(`${name}-items`)
    const kept = (await tour.context.cookies()).find(
      (cookie) => cookie.name === (kind === 'cookies' ? 'cart' : 'sessionid'),
    )
    const seconds = (kept?.expires ?? 0) - Date.now() / 1000
    t.true(seconds > 60 && seconds <= (kind === 'cookies' ? 180 : 120), `${seconds}`)
    await tour.press('Remove Earl Grey')
    await tour.reads('.items tbody', /^WWWW/)
    await tour.open(`/${kind}/cart`)
    await tour.look(`${name}-home`)
    await tour.follow('Show the cart')
    await tour.press('Empty the cart')
    await tour.reads('[role=status]', 'There is nothing in it.')
  }
})
