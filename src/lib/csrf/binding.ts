import { hash } from 'node:crypto'
import type { Engine } from '../engines/engine.js'

/**
 * What a token is bound to that belongs to a session: the same over its writes, and another when it gets a new id
 * (`cycleKey`, `flush`, a log-in) or ends. A hash that leads neither to the id nor to what a store knows it by; empty
 * where there is no session.
 *
 * It is made from what the browser holds under the session's name, without the store, so nobody can tell here whether
 * there is such a session. Nor need they: who sent an id may have a token for it. Where a browser sends several values,
 * all of them count, since somebody else may have planted one and hold a token for it alone (S11, S64).
 */
export function bindingOf(held: readonly string[], engine: Pick<Engine, 'anchorOf'>): string {
  if (held.length === 0) return ''
  const parts = held.map((id) => {
    const anchor = engine.anchorOf?.(id)
    return anchor === undefined ? `id ${id}` : `anchor ${anchor}`
  })
  // A cookie's value holds no semicolon.
  return hash('sha256', ['tessera binding', ...parts].join(';'), 'base64url')
}
