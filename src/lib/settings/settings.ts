import type { Definition, definitions, SettingKey } from './definitions.js'

/** Each setting's type, as its definition has it. */
type Values = {
  readonly [Key in SettingKey]: (typeof definitions)[Key] extends Definition<infer T> ? T : never
}

/** Settings that were checked: complete, and deeply frozen. */
export interface Settings extends Values {
  /** The NODE_ENV they are for. */
  readonly environment: string
}

/** Settings as somebody writes them in code. `undefined` counts as not given. */
export type SettingsOptions = { readonly [Key in keyof Settings]?: Settings[Key] | undefined } & {
  /** The same as `cookieHttpOnly`. */
  readonly cookieHttponly?: Settings['cookieHttpOnly'] | undefined
  /** The same as `cookieSameSite`. */
  readonly cookieSamesite?: Settings['cookieSameSite'] | undefined
}

/** The environment where nobody named one. */
export const DEFAULT_ENVIRONMENT = 'development'

/** Whether the demos show what happens under the hood: as `SHOW_INTERNALS` says, and else everywhere but in production. */
export function showsInternals({ showInternals, environment }: Settings): boolean {
  return showInternals ?? environment !== 'production'
}

/**
 * For whom `/metrics` is there, if for anybody: with `METRICS=true` for whoever reaches the port, and if it is unset for
 * programs on this machine, but not in production, where a proxy on the same machine would ask for everybody.
 */
export function metricsOpen({
  metrics,
  environment,
}: Settings): 'to everybody' | 'to this machine' | undefined {
  if (metrics !== undefined) return metrics ? 'to everybody' : undefined
  return environment === 'production' ? undefined : 'to this machine'
}
