/** The middle value; of an even count the lower of the two. @throws RangeError for an empty list */
export function median (values: readonly number[]): number {
  const middle = [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
  if (middle === undefined) throw new RangeError('the median of nothing')
  return middle
}

/** `smallest–largest`. */
export function range (values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`
}
