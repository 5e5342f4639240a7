/** Bytes as people read them: `812 B`, `43.1 kB`, `1.2 MB`. */
export function bytes (count: number): string {
  if (count < 1000) return `${count} B`
  return count < 999_950 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`
}

/** A large count: `950`, `43.1 k`, `1.34 M`. */
export function amount (count: number): string {
  if (count < 1000) return String(count)
  return count < 999_950 ? `${(count / 1e3).toFixed(1)} k` : `${(count / 1e6).toFixed(2)} M`
}

/** A short time in milliseconds: `84 ms`, `1.2 s`. */
export function duration (milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}

/** Seconds to wait, in minutes where seconds would be hard to read: `90 s`, `5 min`. */
export const patience = (seconds: number): string => seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`

/** An age in milliseconds, to the second: `8 s`, `3 min 20 s`, `2 h 5 min`. */
export function age (milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** A length in metres, in the unit people would take: `4.20 mm`, `380 mm`, `1.25 m`; three figures count. */
export function length (metres: number): string {
  return metres < 1 ? `${figures(metres * 1000)} mm` : `${figures(metres)} m`
}

/** Three lengths in metres, in one unit. */
export function size (metres: readonly number[]): string {
  const large = Math.max(...metres) >= 1
  return `${metres.map(each => figures(large ? each : each * 1000)).join(' × ')} ${large ? 'm' : 'mm'}`
}

function figures (value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
