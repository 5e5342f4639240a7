/** The middle value; of an even count the lower of the two. @throws RangeError for an empty list */
export function median (values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which a share of the values lies. @throws RangeError for an empty list */
export function quantile (values: readonly number[], share: number): number {
  const value = [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)]
  if (value === undefined) throw new RangeError('a quantile of nothing')
  return value
}

/** `smallest–largest`. */
export function range (values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`
}
