import type { Kind } from './contenders.js'
import { figureOf, type Result } from './result.js'

/** Room for the longest names, to the left of everything. */
const MARGIN = 20
const WIDTH = 760
const LEFT = 220
const RIGHT = 110
const ROW = 26
const BAR = 16
const TOP = 56

/**
 * Bars of one kind of request, as an SVG picture: what the bare framework costs, and on top what the sessions cost.
 * It follows the reader's light or dark; no colour alone says anything.
 */
export function chartOf(kind: Kind, results: readonly Result[]): string {
  const bars = results.flatMap((result) => {
    const figure = figureOf(result, kind, results)
    return figure === undefined ? [] : [{ result, figure }]
  })
  const most = Math.max(...bars.map(({ figure }) => figure.cpu), 1)
  const scale = (microseconds: number): number => (microseconds / most) * (WIDTH - LEFT - RIGHT)
  const height = TOP + bars.length * ROW + 12

  const rows = bars.map(({ result: { contender }, figure }, index) => {
    const y = TOP + index * ROW
    const isBare = contender.floor === undefined
    const beneath = bars.find(({ result }) => result.contender.name === contender.floor)
    const floor = Math.min(figure.cpu, beneath?.figure.cpu ?? figure.cpu)
    const own = figure.cpu - floor
    const text = isBare ? figure.cpu.toFixed(1) : `${figure.cpu.toFixed(1)}  (${figure.ratio.toFixed(2)})`
    const ours = contender.name.startsWith('tessera')
    return [
      `<text class="name${ours ? ' ours' : ''}" x="${LEFT - 10}" y="${y + 12}">${contender.name}</text>`,
      `<rect class="floor" x="${LEFT}" y="${y}" width="${scale(floor).toFixed(1)}" height="${BAR}"/>`,
      `<rect class="${ours ? 'own' : 'peer'}" x="${(LEFT + scale(floor)).toFixed(1)}" y="${y}" width="${scale(own).toFixed(1)}" height="${BAR}"/>`,
      `<text class="figure" x="${(LEFT + scale(figure.cpu) + 6).toFixed(1)}" y="${y + 12}">${text}</text>`,
    ].join('\n  ')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-MARGIN} 0 ${WIDTH + MARGIN} ${height}" width="${WIDTH + MARGIN}" height="${height}" role="img" aria-label="Processor time of a ${kind} request: see the table">
  <style>
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600; font-size: 15px }
    .note, .figure { fill: #57606a }
    .name { text-anchor: end }
    .ours { font-weight: 600 }
    .floor { fill: #b6bcc4 }
    .own { fill: #0b6e4f }
    .peer { fill: #c2703d }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .note, .figure { fill: #9da7b1 }
      .floor { fill: #4b535d }
      .own { fill: #3fb68b }
      .peer { fill: #d98d5f }
    }
  </style>
  <text class="title" x="0" y="18">${kind}: processor time a request, in microseconds</text>
  <text class="note" x="0" y="38">Grey: the bare framework. In brackets: the bare framework divided by the whole; 1.00 would be free.</text>
  ${rows.join('\n  ')}
</svg>
`
}
