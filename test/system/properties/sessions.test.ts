import fc from 'fast-check'
import { onEveryEngine } from '../../support/site.js'
import { compareStored, type Model } from './agreement.js'
import { type History, histories } from './commands.js'
import { holds } from './runs.js'
import { type Lifetimes, Stage } from './stage.js'

/** Longer than any session lives, and than anybody remembers whose it was: milliseconds. */
const ALL_OVER = 500_000

const cookieAge = 100
/** Each of the three ends is the least now and then, and a use counts a quarter of a minute after the last one. */
const timeouts = { idleTimeout: 60, absoluteTimeout: 110, touchAfter: 0.25 }

const settings: Readonly<Record<string, Lifetimes>> = {
  'SAVE_EVERY_REQUEST off': { cookieAge, saveEveryRequest: false },
  'SAVE_EVERY_REQUEST on': { cookieAge, saveEveryRequest: true },
  'IDLE_TIMEOUT and ABSOLUTE_TIMEOUT': { cookieAge, saveEveryRequest: false, ...timeouts },
}

for (const [name, lifetimes] of Object.entries(settings)) {
  const title = `R22 S17 S31 whatever happens in whatever order, sessions do what the model says, ${name}`
  onEveryEngine(title, async (t, open) => {
    const stage = await Stage.open(open, lifetimes)
    const { bench } = stage.site
    // Redis and Keyv count down from a write to the end by a clock of their own.
    const backoff = /redis|keyv/i.test(bench.engine.name) ? 20_000 : 0
    const play = async (commands: History): Promise<void> => {
      // Everything is over that a history left which failed, and the next one begins as a first one would.
      bench.now += ALL_OVER
      const world = stage.newWorld()
      const model: Model = { world, jars: [undefined, undefined, undefined], handles: new Map(), backoff }
      await fc.asyncModelRun(() => ({ model, real: stage }), commands)
      await compareStored(model, stage, world.held.keys())
      bench.now = world.now += ALL_OVER
      await stage.site.sessions.clearExpired()
      await compareStored(model, stage, world.held.keys())
    }
    let played: Promise<void> | undefined
    const property = fc.asyncProperty(histories(20), (commands) => {
      played = play(commands)
      return played
    })
    await t.notThrowsAsync(holds(property, 50))
    // When time is up the last one is left alone, but it is not over: it would find the store closed.
    await played
  })
}
