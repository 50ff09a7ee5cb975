/**
 * A copy of `text` that keeps nothing else in memory, for whoever remembers a cookie or an id beyond its request: a part of
 * the Cookie header, as V8 cuts it out, would keep the whole header, which a client makes as long as the server allows.
 */
export function ownText(text: string): string {
  const own = Buffer.from(text, 'latin1').toString('latin1')
  // Headers are Latin-1. Other text comes from none, and two of it must not become the same.
  return own === text ? own : text
}
