import type { Scene } from '../scene.js'

const HERE = '/sessions/nested-change'

export const nestedChange: Scene = {
  slug: 'nested-change',
  async play({ visitor, say, reads, holds }) {
    const car = (wheels: string) => ({ make: 'mini', wheels })
    await say('A car in the session, on steel wheels.')
    let page = await visitor.submit(await visitor.open(HERE), `${HERE}/begin`)
    await holds('my_car', car('steel'))
    await say(
      'car.wheels = "alloy", and nothing else is said: what was handed out is compared, so it is saved.',
    )
    page = await visitor.submit(page, `${HERE}/compared`)
    await reads(page, '#outcome', 'the change was saved')
    await holds('my_car', car('alloy'))
    await say(
      'The same lines with NESTED_CHANGES=ignore, which is Django’s rule: nobody notices, no error tells.',
    )
    page = await visitor.submit(page, `${HERE}/django/ignored`)
    await reads(page, '#outcome', 'the change was lost')
    await holds('my_car', car('alloy'))
    await say('session.modified = true says what the comparison would have seen.')
    page = await visitor.submit(page, `${HERE}/django/modified`)
    await reads(page, '#outcome', 'the change was saved')
    await holds('my_car', car('steel'))
  },
}
