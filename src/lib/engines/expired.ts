import type { SessionRecord } from '../codecs/record.js'
import type { Missing } from './loaded.js'

/** What `load` answers where a record stands whose time is over. */
export function expired({ data: _, ...life }: SessionRecord): Missing {
  return { kind: 'missing', why: 'expired', life }
}
