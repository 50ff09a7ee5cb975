import type { JsonObject, Loaded, Rotation, SessionRecord, Version } from '../../lib/index.js'
import { digest } from './cookies.js'

/** What a call of the engine was about, fit to be shown: ids as hashes only. */
export interface CallDetails {
  /** A hash of the id that was named: where the store keeps the session. */
  readonly key?: string
  /** A hash of the id that the session has after the call, if it has another one. */
  readonly newKey?: string
  /** The version that a write named. */
  readonly ifVersion?: Version
  /** The version that was found or written. */
  readonly version?: Version
  /** The session's data that was found or written: a text for each key. */
  readonly data?: ReadonlyMap<string, string>
}

/** The details of a call that was answered. */
export function detailsOf(call: string, args: readonly unknown[], answer: unknown): CallDetails {
  const [first] = args
  if (typeof first === 'string') {
    if (call === 'load') return { key: digest(first), ...loadedDetails(answer as Loaded) }
    if (call === 'touch' || call === 'delete') return { key: digest(first), ...newKeyOf(first, answer) }
    if (call === 'create' || call === 'update') {
      const [, record, ifVersion] = args as [string, SessionRecord, Version?]
      const written = versionIn(answer) !== undefined
      const key = call === 'create' ? digest(idIn(answer) ?? first) : digest(first)
      return {
        key,
        ...(call === 'update' && newKeyOf(first, answer)),
        ...(ifVersion !== undefined && { ifVersion }),
        ...(written && { version: versionIn(answer) as Version, data: textsOf(record.data) }),
      }
    }
    // The store's key holds the whole hash of the id.
    const [hash] = /[0-9a-f]{8}(?=[0-9a-f]{56}$)/.exec(first) ?? []
    return hash === undefined ? {} : { key: `#${hash}…` }
  }
  if (call !== 'rotate') return {}
  const { id, to, record, version: ifVersion } = first as Rotation
  const version = versionIn(answer)
  return {
    key: digest(id),
    newKey: digest(idIn(answer) ?? to),
    ifVersion,
    ...(version !== undefined && { version, data: textsOf(record.data) }),
  }
}

function loadedDetails(loaded: Loaded): CallDetails {
  return loaded.kind === 'found' ? { version: loaded.version, data: textsOf(loaded.record.data) } : {}
}

/** Where each write makes another id, as in a cookie. */
function newKeyOf(id: string, answer: unknown): CallDetails {
  const answered = idIn(answer)
  return answered === undefined || answered === id ? {} : { newKey: digest(answered) }
}

function idIn(answer: unknown): string | undefined {
  return memberOf(answer, 'id') as string | undefined
}

function versionIn(answer: unknown): Version | undefined {
  return memberOf(answer, 'version') as Version | undefined
}

function memberOf(answer: unknown, name: string): unknown {
  return typeof answer === 'object' && answer !== null ? Reflect.get(answer, name) : undefined
}

/** A text for each key, made at once: the record may be changed in place later. */
function textsOf(data: JsonObject): ReadonlyMap<string, string> {
  return new Map(Object.entries(data).map(([key, value]) => [key, JSON.stringify(value) ?? '']))
}
