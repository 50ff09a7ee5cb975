import fc from 'fast-check'
import { onEveryEngine } from '../helpers/site.js'
import { type Command, compareStored, histories, type Model } from './commands.js'
import { holds } from './runs.js'
import { Stage } from './stage.js'

/** Longer than any session lives: milliseconds. */
const ALL_OVER = 400_000

for (const saveEveryRequest of [false, true]) {
  const title = `R22 whatever happens in whatever order, sessions do what the model says, SAVE_EVERY_REQUEST ${saveEveryRequest ? 'on' : 'off'}`
  onEveryEngine(title, async (t, open) => {
    const stage = await Stage.open(open, saveEveryRequest)
    const { bench } = stage.site
    // Redis and Keyv count down from a write to the end by a clock of their own.
    const patience = /redis|keyv/i.test(bench.engine.name) ? 20_000 : 0
    const play = async (commands: Iterable<Command>): Promise<void> => {
      const world = stage.newWorld(saveEveryRequest)
      const model: Model = { world, jars: [undefined, undefined, undefined], patience }
      await fc.asyncModelRun(() => ({ model, real: stage }), commands)
      for (const id of world.held.keys()) await compareStored(model, stage, id)
      // Everything ends, and leaves a store that is as empty for the next history as it was for this one.
      bench.now = world.now += ALL_OVER
      await stage.site.sessions.clearExpired()
      for (const id of world.held.keys()) await compareStored(model, stage, id)
    }
    let underWay = Promise.resolve()
    const property = fc.asyncProperty(histories(20), (commands) => {
      underWay = play(commands)
      return underWay
    })
    await t.notThrowsAsync(holds(property, 50))
    // Out of time it is left where it is: its requests are answered before the server goes.
    await underWay.catch(() => {})
  })
}
