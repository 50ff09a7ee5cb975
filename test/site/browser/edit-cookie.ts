import { inBrowser } from './tour.js'

inBrowser('Change it in place: cookies are edited on their pages', async (tour) => {
  await tour.open('/cookies/page-count')
  await tour.fill({ 'The cookie count': '41' }, 'Send this value of count')
  await tour.reads('#count', '42')
  await tour.look('edit-count')
  await tour.fill({ 'The cookie count': '🏺'.repeat(300) }, 'Send this value of count')
  await tour.reads('.problem', /A value has at most 2000 characters/)
  await tour.look('edit-count-problem')
  await tour.open('/cookies/cart/add')
  await tour.fill({ Item: 'Earl Grey', Quantity: '2' }, 'Add to the cart')
  await tour.fill({ 'The cookie cart': '{"life":"age","items":[["tea",99]]}' }, 'Send this value of cart')
  await tour.reads('.items tbody', /^tea 99/)
  await tour.look('edit-cart')
  await tour.open('/cookies/profile')
  for (const [label, text] of [
    ['Your name', 'Ada'],
    ['Your age', '36'],
    ['Your friend’s name', 'Grace'],
  ] as const)
    await tour.fill({ [label]: text }, 'Send the answer')
  await tour.fill({ 'The cookie profile_age': '99' }, 'Send this value of profile_age')
  await tour.reads('#age', '99')
  await tour.look('edit-profile')
})
