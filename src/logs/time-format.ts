/** How a moment stands in a log: universal time, local time, or the seconds since the start. */
export type TimeFormat = 'iso' | 'local' | 'delta'

/** Writes milliseconds since 1970 in a format; `startedAt` in the same is where `delta` counts from. */
export function timeFormat (format: TimeFormat, startedAt: number): (time: number) => string {
  if (format === 'iso') return time => new Date(time).toISOString()
  if (format === 'delta') return time => ((time - startedAt) / 1_000).toFixed(3)
  return local
}

function local (time: number): string {
  const at = new Date(time)
  const two = (part: number) => String(part).padStart(2, '0')
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`
}
