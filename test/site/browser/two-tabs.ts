import type { Page } from 'playwright-core'
import { inBrowser } from './tour.js'

inBrowser('Two tabs at once: by one click, and by hand in two tabs', async (tour, t) => {
  await tour.open('/sessions/two-tabs')
  await tour.look('two-tabs')
  await tour.press('Start the race')
  await tour.reads(
    '#kept',
    /^Your session now has: (left and right|right and left), and the keys of left and right\.$/,
  )
  await tour.reads('#others', 'That record had: right.')
  await tour.look('two-tabs-raced')
  await tour.open('/sessions/two-tabs?race=gone')
  await tour.reads('.result', /^The result of that race is no longer known/)

  await tour.follow('Do it by hand, in two tabs')
  await tour.look('two-tabs-begin')
  await tour.press('Begin')
  await tour.reads('#nothing', 'Nothing yet.')
  await tour.look('two-tabs-by-hand')
  await tour.fill({ 'Something to remember': 'x'.repeat(21) }, 'Send, and wait for the other tab')
  await tour.reads('.problem', 'An item has at most 20 characters.')
  await tour.look('two-tabs-problem')

  const opened = tour.context.waitForEvent('page')
  await tour.follow('Open the other tab')
  const tabs = [tour.page, await opened]
  const send = async (tab: Page, item: string): Promise<string> => {
    await tab.getByLabel('Something to remember').fill(item)
    await tab.getByRole('button', { name: 'Send, and wait for the other tab' }).click()
    await tab.waitForURL(/\?sent=/)
    return (await tab.locator('#items li').allInnerTexts()).sort().join()
  }
  const items = await Promise.all([send(tour.page, 'milk'), send(await opened, 'bread')])
  t.deepEqual(items, ['bread,milk', 'bread,milk'], 'each tab shows what both have sent')
  for (const tab of tabs) t.regex(await tab.getByRole('status').innerText(), /^The other tab’s request came/)
  const calls = await Promise.all(tabs.map((tab) => tab.locator('.asked').innerText()))
  t.is(calls.filter((asked) => /conflict/.test(asked)).length, 1, 'one of them wrote again')
  await tour.look('two-tabs-both')
  await tour.press('Empty the list')
  await tour.reads('#nothing', 'Nothing yet.')
})
