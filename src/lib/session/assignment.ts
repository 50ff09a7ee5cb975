/**
 * Makes every assignment to a session throw, as `session.views = 1`, which would store nothing. `prototypes`: those of the
 * session's classes, from the class itself to its furthest ancestor. A proxy becomes the prototype of the last one. A read
 * of a member finds it on the classes and never reaches the proxy, so reads cost nothing.
 */
export function refuseAssignment(...prototypes: readonly object[]): void {
  for (const prototype of prototypes) {
    for (const [name, { value, get = () => value, set }] of Object.entries(
      Object.getOwnPropertyDescriptors(prototype),
    )) {
      // A method becomes a getter, too: as a read-only value it would be refused in other words, and in sloppy code silently.
      if (set === undefined) Object.defineProperty(prototype, name, { get, set: () => refuse(name) })
    }
  }
  const refusing = new Proxy(Object.create(Object.prototype), {
    set(target: object, name, value, receiver) {
      return typeof name === 'string' ? refuse(name) : Reflect.set(target, name, value, receiver)
    },
  })
  // `await` reads `then` of every session; found here, the read does not reach the proxy.
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
