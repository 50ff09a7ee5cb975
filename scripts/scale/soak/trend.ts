import { median } from '../numbers.js'

/** A figure at a moment: seconds since the beginning. */
export interface Point {
  readonly at: number
  readonly value: number
}

/** How steeply the figures rise, a second: the line that is nearest to all of them, by least squares. */
export function slopeOf(points: readonly Point[]): number {
  const mean = (figure: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + figure(point), 0) / points.length
  const [at, value] = [mean((point) => point.at), mean((point) => point.value)]
  const square = points.reduce((sum, point) => sum + (point.at - at) ** 2, 0)
  if (!(square > 0)) return 0
  return points.reduce((sum, point) => sum + (point.at - at) * (point.value - value), 0) / square
}

export interface Growth {
  readonly perHour: number
  /** What the line through the second half rises by in that half, as a share of the mean there. */
  readonly share: number
}

/** Of the second half: the first is for caches that fill and code that is compiled. */
export function growthOf(points: readonly Point[]): Growth {
  const half = points.slice(Math.floor(points.length / 2))
  const slope = slopeOf(half)
  const mean = half.reduce((sum, { value }) => sum + value, 0) / Math.max(1, half.length)
  const duration = (half.at(-1)?.at ?? 0) - (half[0]?.at ?? 0)
  return { perHour: slope * 3600, share: mean === 0 ? 0 : (slope * duration) / mean }
}

/** Medians of the first and of the last quarter. */
export function quartersOf(values: readonly number[]): readonly [first: number, last: number] {
  const quarter = Math.ceil(values.length / 4)
  return [median(values.slice(0, quarter)), median(values.slice(-quarter))]
}
