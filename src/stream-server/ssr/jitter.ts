/** Where a picture of a series lies beside the plain one, in parts of a pixel to the right and down. Their mean has smooth edges; 0 is the plain picture. */
export const jitterOf = (sample: number): [number, number] => sample === 0 ? [0, 0] : [halton(sample, 2) - 0.5, halton(sample, 3) - 0.5]

function halton (index: number, base: number): number {
  let value = 0
  for (let share = 1 / base; index > 0; index = Math.floor(index / base), share /= base) value += index % base * share
  return value
}
