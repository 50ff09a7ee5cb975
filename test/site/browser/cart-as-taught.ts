import { inBrowser } from './tour.js'

inBrowser('A cookie for each item: added, listed among all cookies, emptied', async (tour, t) => {
  await tour.open('/cookies/cart')
  await tour.follow('A cookie for each item')
  await tour.look('cart-as-taught')
  await tour.follow('Add an item')
  await tour.fill({ Item: 'two cups; Path=/', Quantity: '0' }, 'Add to the cart')
  await tour.reads('.problem', 'A quantity is from 1 to 99.')
  await tour.look('cart-as-taught-problem')
  await tour.fill({ Item: 'two cups; Path=/', Quantity: '2' }, 'Add to the cart')
  await tour.follow('Add another item')
  await tour.look('cart-as-taught-add')
  await tour.fill({ Item: `<b>${'W'.repeat(37)}`, Quantity: '1' }, 'Add to the cart')
  await tour.reads('.all-cookies bdi', 'two cups; Path=/')
  await tour.look('cart-as-taught-items')
  const kept = (await tour.context.cookies()).find(({ name }) => name === 'cart.two%20cups%3B%20Path%3D%2F')
  t.is(kept?.value, '2')
  const seconds = (kept?.expires ?? 0) - Date.now() / 1000
  t.true(seconds > 60 && seconds <= 180, `${seconds}`)
  await tour.press('Empty the cart')
  await tour.reads('[role=status]', 'There is no item in the cart.')
  await tour.look('cart-as-taught-empty')
})

inBrowser('The limits of cookies: what this browser keeps, and what it drops', async (tour, t) => {
  await tour.open('/cookies/limits')
  await tour.look('limits')
  await tour.press('Set one of 4096 bytes')
  await tour.reads('#size .result', /Your browser sent it back\.$/)
  await tour.press('Set one of 4097 bytes')
  await tour.reads('#size .result', /has dropped it\. It still sends the earlier one of 4096 bytes/)
  await tour.press('Put the list [1,[2,3]] into a cookie')
  await tour.reads('#text .result', /The text “1,2,3” came out/)
  const session = async () =>
    (await tour.context.cookies()).filter(({ name }) => ['csrftoken', 'limit-text'].includes(name)).length
  const before = await session()
  for (const button of ['Set 60 cookies', 'Set 60 more', 'Set 60 more', 'Set 60 more'])
    await tour.press(button)
  await tour.reads(
    '#number .result',
    /^The server set 240 cookies\. Your browser sent \d+ of them back\. It has dropped \d/,
  )
  const came = Number(await tour.page.locator('#came').innerText())
  t.true(came >= 50 && came < 240, `${came}`)
  t.is(await session(), before, 'the others are kept: those of low priority go first')
  await tour.look('limits-tried')
})
