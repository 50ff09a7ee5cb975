/** The value below which `share` of the numbers lie; 0 of none. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5)
}

/** `p50 1.2, p99 3.4, max 5.6 ms` */
export function spread(milliseconds: readonly number[]): string {
  const [half, most, all] = [0.5, 0.99, 1].map((share) => quantile(milliseconds, share).toFixed(1))
  return `p50 ${half}, p99 ${most}, max ${all} ms`
}
