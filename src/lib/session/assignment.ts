/**
 * From now on it throws where somebody assigns to a session, as in `session.views = 1`, which would store nothing.
 * `prototypes`: those of the session's classes, the furthest one last. What is asked of a session is found before the
 * proxy, so it costs nothing.
 */
export function refuseAssignment(...prototypes: readonly object[]): void {
  for (const prototype of prototypes) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (property.get === undefined) Object.defineProperty(prototype, name, { writable: false })
      else if (property.set === undefined) Object.defineProperty(prototype, name, { set: () => refuse(name) })
    }
  }
  const refusing = new Proxy(Object.create(Object.prototype), {
    set(target: object, name, value, receiver) {
      return typeof name === 'string' ? refuse(name) : Reflect.set(target, name, value, receiver)
    },
  })
  // `await` asks each session for its `then`.
  // biome-ignore lint/suspicious/noThenProperty: there is none
  const last = Object.create(refusing, { then: { value: undefined } })
  const furthest = prototypes.at(-1)
  if (furthest !== undefined) Object.setPrototypeOf(furthest, last)
}

function refuse(name: string): never {
  const logIn = name === 'user' ? ', or `session.login(userId)` to log a user in' : ''
  throw new TypeError(
    `session.${name} cannot be assigned: write \`session.set('${name}', …)\` to store a value${logIn}`,
  )
}
