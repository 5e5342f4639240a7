import { appendFileSync } from 'node:fs'

export interface Log {
  info (message: string): void
  /** Written with `--sc-verbose-logging` only. */
  detail (message: string): void
}

/** A log of lines on stdout, and in a file when there is one. A file that cannot be written is told once and left. */
export function openLog (file: string | null, verbose: boolean, timestamp: () => string): Log {
  const info = (message: string) => {
    const line = `${timestamp()} ${message}\n`
    process.stdout.write(line)
    if (file === null) return
    try {
      appendFileSync(file, line)
    } catch (error) {
      file = null
      info(`the log file cannot be written: ${(error as Error).message}`)
    }
  }
  return { info, detail: verbose ? info : () => {} }
}
