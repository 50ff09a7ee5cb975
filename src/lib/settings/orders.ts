import { type SettingKey, settingList } from './definitions.js'
import type { SettingFault } from './errors.js'
import { nameIn, type Origin } from './layers.js'
import type { Resolved } from './resolve.js'
import { shownAsGiven } from './show.js'

/** Two numbers of which the first may not be larger, wherever both are set. */
interface Order {
  readonly smaller: SettingKey
  readonly larger: SettingKey
  /** What it would be otherwise, as a sentence. */
  readonly because: string
}

const orders: readonly Order[] = [
  {
    smaller: 'idleTimeout',
    larger: 'absoluteTimeout',
    because: 'The session is over before it could have been idle for so long',
  },
]

/** The faults of numbers that contradict each other (S22). `origin` says how to name them. */
export function brokenOrders({ held }: Pick<Resolved, 'held'>, origin: Origin): SettingFault[] {
  return orders.flatMap(({ smaller, larger, because }): SettingFault[] => {
    const [setting, limit] = [smaller, larger].map((key) => settingList.find((one) => one.key === key))
    const [has, most] = [held.get(smaller), held.get(larger)]
    if (setting === undefined || limit === undefined || has?.kind !== 'good' || most?.kind !== 'good')
      return []
    const isSet = typeof has.value === 'number' && typeof most.value === 'number'
    if (!isSet || Number(has.value) <= Number(most.value)) return []
    const limitName = nameIn(origin, limit)
    return [
      {
        name: nameIn(origin, setting),
        value: shownAsGiven(setting, has.value),
        layer: has.layer,
        problem: `is more than ${limitName}, which is ${shownAsGiven(limit, most.value)} (${most.layer})`,
        remedy: `${because}: give ${most.value} or less, or raise ${limitName}.`,
      },
    ]
  })
}
