import { inBrowser } from './tour.js'

inBrowser('Inspector: closed and opened, down to the record as it is stored', async (tour, t) => {
  const { page } = tour
  const panel = page.locator('.inspector > details')
  const raw = page.locator('.raw pre')
  await tour.open('/sessions/library')
  t.false(await raw.isVisible())
  await page.getByText('As it is stored', { exact: true }).click()
  t.regex(await raw.innerText(), /^\{"value":\{"version":1,.*"data":\{"numVisits":1\}\},"expires":\d+\}$/)
  await tour.look('panel-as-it-is-stored')
  await panel.locator('> summary').click()
  t.false(await page.getByText('What this step changed', { exact: true }).isVisible())
  await tour.look('panel-closed')
  await panel.locator('> summary').press('Enter')
  t.true(await page.getByText('What this step changed', { exact: true }).isVisible(), 'by keyboard too')
})
