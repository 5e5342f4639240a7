import { combined, type AnsweredRequest } from './combined.ts'
import { visible } from './visible.ts'

/** The official server's words for our levels. */
const words: Readonly<Record<number, string>> = { 10: 'debug', 20: 'verbose', 30: 'info', 40: 'warn', 50: 'error', 60: 'error' }

interface LogRecord { level: number, time: number, msg?: string, ip?: string, bytes?: number, listener?: string, answered?: AnsweredRequest }

/**
 * A record of the log, one line of JSON, as text: `<time>:<level>: <message>`, and behind it what else is known, as JSON. The message of a
 * request is Apache's combined format instead, as officially.
 */
export function textLine (record: string, time: (milliseconds: number) => string): string {
  const { level, time: at, msg = '', ...more } = JSON.parse(record) as LogRecord
  return `${time(at)}:${words[level] ?? level}: ${request(more, at) ?? plain(msg, more)}\n`
}

function request ({ answered, ip = '-', bytes = 0, listener }: Omit<LogRecord, 'level' | 'time' | 'msg'>, at: number): string | undefined {
  return answered && `${listener === 'files' ? 'FileServer: ' : ''}${combined(answered, ip, at, bytes)}`
}

function plain (message: string, more: object): string {
  return visible(Object.keys(more).length === 0 ? message : `${message} ${JSON.stringify(more)}`)
}

/** The same line of JSON with its time written in another way. */
export function retimed (record: string, time: (milliseconds: number) => string): string {
  return record.replace(/"time":(\d+)/, (_all, at: string) => `"time":${JSON.stringify(time(Number(at)))}`)
}

/** When a record was written, in milliseconds since 1970. */
export function timeOf (record: string): number {
  return Number(/"time":(\d+)/.exec(record)?.[1])
}
