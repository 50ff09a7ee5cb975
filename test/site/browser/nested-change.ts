import { inBrowser } from './tour.js'

inBrowser(
  'Nested change: saved by comparison, lost under Django’s rule, saved when it is said',
  async (tour) => {
    await tour.open('/sessions/nested-change')
    await tour.reads('.half', 'Your browser holds nothing of it')
    await tour.look('nested-change')
    await tour.press('Put a car into the session')
    await tour.reads('.half.full', /steel wheels/)
    await tour.look('nested-change-car')
    for (const [button, set, stored, outcome, name] of [
      ['Change to alloy', 'alloy', 'alloy', 'the change was saved', 'compared'],
      ['Change to steel, and say nothing', 'steel', 'alloy', 'the change was lost', 'lost'],
      ['Change to steel, and say so', 'steel', 'steel', 'the change was saved', 'said'],
    ] as const) {
      await tour.press(button)
      await tour.reads('#set', set)
      await tour.reads('#stored', stored)
      await tour.reads('#outcome', outcome)
      await tour.reads('.half.full .nothing', `${stored} wheels`)
      await tour.look(`nested-change-${name}`)
    }
  },
)
