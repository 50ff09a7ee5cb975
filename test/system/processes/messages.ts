import type { Engine } from '../../../src/lib/engines/engine.js'
import type { EngineChoice, EngineOptions } from '../../../src/lib/engines/registry.js'

/** What can be asked of an engine in another process. */
export type RemoteCall = Exclude<
  {
    [Member in keyof Engine]-?: Engine[Member] extends ((...args: never) => unknown) | undefined
      ? Member
      : never
  }[keyof Engine],
  'isId'
>

/** To the other process. `engine` is a number of the asker's choice. */
export type Question = { readonly question: number; readonly engine: number } & (
  | { readonly call: 'open'; readonly name: Extract<EngineChoice, string>; readonly options: EngineOptions }
  | {
      readonly call: RemoteCall
      readonly args: readonly unknown[]
      /** The time of the call: milliseconds since 1970. */
      readonly now: number
    }
)

/** From the other process. */
export type Message =
  | { readonly kind: 'answer'; readonly question: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly question: number; readonly error: Failure }
  | { readonly kind: 'log'; readonly engine: number; readonly details: object; readonly message: string }

export interface Failure {
  readonly name: string
  readonly message: string
}

/** An open engine, as the other process tells of it. */
export type Description = Pick<Engine, 'name' | 'capabilities'> & { readonly leases: boolean }
