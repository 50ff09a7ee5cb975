import type { ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type OpenSite, onEveryEngine, onStoreAndCookie } from '../../support/site.js'
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

const title = 'R22 S17 S31 whatever happens in whatever order, sessions do what the model says'

// The rules are the same on every store: they are tried on one, often, and where the cookie holds the session.
for (const [name, lifetimes] of Object.entries(settings)) {
  onStoreAndCookie(`${title}, ${name}`, (t, open) => agree(t, open, lifetimes, 40))
}

// What a store does to them has fewer ways to go wrong. All that makes a store work is on.
const everything = { cookieAge, saveEveryRequest: true, ...timeouts }
onEveryEngine(`${title}, with everything on`, (t, open) => agree(t, open, everything, 12))

async function agree(
  t: ExecutionContext,
  open: OpenSite,
  lifetimes: Lifetimes,
  times: number,
): Promise<void> {
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
  await t.notThrowsAsync(holds(fc.asyncProperty(histories(20), play), times))
}
