/**
 * The keys that your sessions hold, for the compiler. Declare yours:
 *
 *     declare module 'koa-tessera' {
 *       interface SessionData { visits: number }
 *     }
 *
 * Keys that are not declared are `unknown`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: open for declaration merging
export interface SessionData {}

/** The type of what stands under `Key`. */
export type ValueOf<Key extends string> = Key extends keyof SessionData ? SessionData[Key] : unknown
