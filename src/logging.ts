import { destination, multistream, type DestinationStream, type Level } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { levels } from './logs/levels.ts'
import { retimed, textLine, timeOf } from './logs/line.ts'
import { RotatingFile } from './logs/rotating-file.ts'
import { timeFormat, type TimeFormat } from './logs/time-format.ts'

/** Keys whose values never reach a log, at the depths our log lines have. */
const secrets = ['sessionToken', 'token', 'license', 'authorization', 'cookie'].flatMap(key => [key, `*.${key}`, `*.*.${key}`])

/** The official server's. */
const file = { limit: 10 * 1_048_576, keep: 5 }

export interface LogOptions {
  /** Least severe level that is written to stdout. */
  level: Level | 'silent'
  /** `auto`: milliseconds since 1970, or the local time on a terminal. */
  time: TimeFormat | 'auto'
  /** Whether stdout is one: text in colour instead of lines of JSON. */
  terminal: boolean
  /** Text that is taken out wherever it turns up, in the last words of a stream server for instance; empty: none. */
  licence: string
  /** Milliseconds since 1970. */
  startedAt: number
  /** The log's file beside stdout; null: none. */
  file: { path: string, level: Level, time: TimeFormat } | null
  /** Told once when the file cannot be written. */
  fileFailed: (error: Error) => void
}

/** The log as Fastify takes it, and its end. */
export function openLog ({ level, time, terminal, licence, startedAt, file: wanted, fileFailed }: LogOptions) {
  const stdout = destination({ dest: 1, sync: true })
  const streams: Array<{ level: Level, stream: DestinationStream }> = []
  if (level !== 'silent') streams.push({ level, stream: { write: record => stdout.write(inFormat(record)) } })
  const written = wanted === null ? null : new RotatingFile({ ...file, path: wanted.path, failed: fileFailed })
  if (wanted !== null) {
    const clock = timeFormat(wanted.time, startedAt)
    written?.write(`${clock(startedAt)}:info: the log begins at ${timeFormat('iso', startedAt)(startedAt)}, ${timeFormat('local', startedAt)(startedAt)} here\n`)
    streams.push({ level: wanted.level, stream: { write: record => written?.write(textLine(record, clock)) } })
  }
  const pretty = prettyFactory({ colorize: true, ignore: 'time' })
  const onTerminal = timeFormat(time === 'auto' ? 'local' : time, startedAt)
  const hidden = JSON.stringify(licence).slice(1, -1)

  const options = {
    level: streams.length === 0 ? 'silent' : mostTalkative(streams.map(stream => stream.level)),
    base: null,
    ...licence === '' ? {} : { hooks: { streamWrite: (line: string) => line.replaceAll(hidden, '<hidden>') } },
    redact: { paths: secrets, censor: '<hidden>' },
    stream: multistream(streams)
  }
  return { options, close: async () => { await written?.end() } }

  function inFormat (record: string): string {
    if (terminal) return `${onTerminal(timeOf(record))} ${pretty(record)}`
    return time === 'auto' ? record : retimed(record, timeFormat(time, startedAt))
  }
}

function mostTalkative (wanted: Level[]): Level {
  return levels.find(level => wanted.includes(level)) ?? 'info'
}
