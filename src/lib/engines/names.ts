/** The engines that can be chosen by name. */
export const ENGINE_NAMES = ['cache', 'db', 'cached_db', 'redis', 'file', 'signed_cookies'] as const
/** The name of one of Tessera's engines. */
export type EngineName = (typeof ENGINE_NAMES)[number]

/** The engines that can remember which users of `signed_cookies` were revoked. */
export const REVOCATION_STORES = ['none', 'cache', 'db', 'redis', 'file'] as const
export type RevocationStore = (typeof REVOCATION_STORES)[number]

/** Django's backends have our engines' names, behind this path. */
const DJANGO_PATH = 'django.contrib.sessions.backends.'

/** The engine that `text` names: by our name for it, or by Django's dotted path. */
export function engineNamed(text: string): EngineName | undefined {
  const name = text.startsWith(DJANGO_PATH) ? text.slice(DJANGO_PATH.length) : text
  return ENGINE_NAMES.find((known) => known === name)
}

/** A path to a module that exports an engine: written so that it cannot be taken for a name. */
export type ModulePath = `./${string}` | `../${string}` | `/${string}` | `file:${string}`

export function isModulePath(text: string): text is ModulePath {
  return /^(\.{0,2}\/|file:)./.test(text)
}
