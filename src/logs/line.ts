/** The official server's words for our levels. */
const words: Readonly<Record<number, string>> = { 10: 'debug', 20: 'verbose', 30: 'info', 40: 'warn', 50: 'error', 60: 'error' }

/** A record of the log, one line of JSON, as text: `<time>:<level>: <message>`, and behind it what else is known, as JSON. */
export function textLine (record: string, time: (milliseconds: number) => string): string {
  const { level, time: at, msg = '', ...more } = JSON.parse(record) as { level: number, time: number, msg?: string }
  const details = Object.keys(more).length === 0 ? '' : ` ${JSON.stringify(more)}`
  return `${time(at)}:${words[level] ?? level}: ${msg.replaceAll('\n', '\\n')}${details}\n`
}

/** The same line of JSON with its time written in another way. */
export function retimed (record: string, time: (milliseconds: number) => string): string {
  return record.replace(/"time":(\d+)/, (_all, at: string) => `"time":${JSON.stringify(time(Number(at)))}`)
}

/** When a record was written, in milliseconds since 1970. */
export function timeOf (record: string): number {
  return Number(/"time":(\d+)/.exec(record)?.[1])
}
