import type { ExecutionContext } from 'ava'
import { END, steps } from '../../../src/site/demos/walkthroughs.js'
import type { Tour } from './tour.js'

/** Goes the whole path by its buttons, and looks at the first page of each step; pictures begin with `name`. */
export async function goThePath(tour: Tour, t: ExecutionContext, name: string): Promise<void> {
  const count = steps.length
  await tour.open(steps[0]?.href ?? '')
  for (const [place, { step, href }] of steps.entries()) {
    t.is(new URL(tour.page.url()).pathname, href)
    await tour.reads('.whereabouts', new RegExp(` ${place + 1} of ${count}$`))
    await tour.look(`${name}-${step}`)
    const next = steps[place + 1]
    const onward = next?.walkthrough.isForEngineers
      ? `Done, go on to: ${next.title}, for programmers`
      : 'Done, go on'
    await tour.press(next === undefined ? 'Done, to the end of the path' : onward)
  }
  t.is(new URL(tour.page.url()).pathname, END.href)
  await tour.look(`${name}-end`)
  await tour.open('/')
  await tour.reads('.progress label', new RegExp(`finished ${count} of ${count}`))
}
