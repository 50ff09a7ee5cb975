import type { Engine, Rotated, Touched } from '../../../src/lib/engines/engine.js'

/**
 * One engine of two, on one store: each call goes to the other process than the call before, so that whatever is done
 * to a session crosses the border between them.
 *
 * Where a `load` may be behind what the other process wrote (`staleFor`), it goes to the process that wrote last: what
 * a process wrote itself it sees at once, and nothing more is promised. Writes alternate there too.
 */
export function alternating(first: Engine, second: Engine): Engine {
  const { name, capabilities } = first
  const wrote = new Map<string, Engine>()
  let last = second
  // What looks at an id only is asked at once, which an engine in another process cannot be.
  const here = [first, second].find(({ isId }) => isId !== undefined)

  const next = (): Engine => {
    last = last === first ? second : first
    return last
  }
  const reader = (id: string): Engine =>
    (capabilities.staleFor === undefined ? undefined : wrote.get(id)) ?? next()

  /** Lets the next process write, and remembers who it was if something was written. */
  async function write<Result extends Touched | Rotated>(
    id: string,
    go: (engine: Engine) => Promise<Result>,
  ): Promise<Result> {
    const engine = next()
    const result = await go(engine)
    if ('id' in result) for (const each of [id, result.id]) wrote.set(each, engine)
    return result
  }

  return {
    name,
    capabilities,
    ...(here?.isId && { isId: here.isId.bind(here) }),
    ...(here?.successorOf && { successorOf: here.successorOf.bind(here) }),
    load: (id) => reader(id).load(id),
    async create(id, record) {
      const engine = next()
      const created = await engine.create(id, record)
      if (created.kind === 'created') wrote.set(created.id, engine)
      return created
    },
    update: (id, record, version) => write(id, (engine) => engine.update(id, record, version)),
    touch: (id, expires) => write(id, (engine) => engine.touch(id, expires)),
    rotate: (rotation) => write(rotation.id, (engine) => engine.rotate(rotation)),
    async delete(id) {
      const engine = next()
      const outcome = await engine.delete(id)
      wrote.set(id, engine)
      return outcome
    },
    clearExpired: (limit) => next().clearExpired(limit),
    ...(first.lease && {
      lease: async (what: string, milliseconds: number) =>
        (await next().lease?.(what, milliseconds)) ?? false,
    }),
    async close() {
      await Promise.all([first.close(), second.close()])
    },
  }
}
