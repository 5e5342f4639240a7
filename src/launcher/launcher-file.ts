import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Keep } from './kept-line.ts'

/** What is written of the launcher for the service that comes next. */
type LauncherFile = Pick<Keep, 'socket' | 'key'>

const pathIn = (folder: string) => join(folder, 'launcher.json')

/** What a service before has written; `undefined`: nothing that could be read. */
export function readLauncherFile (folder: string): LauncherFile | undefined {
  try {
    const { socket, key } = JSON.parse(readFileSync(pathIn(folder), 'utf8')) as Partial<LauncherFile>
    return typeof socket === 'string' && typeof key === 'string' ? { socket, key } : undefined
  } catch {
    return undefined // there is none, or it was never finished
  }
}

/** Puts it in the place of what was there. @throws NodeJS.ErrnoException */
export function writeLauncherFile (folder: string, { socket, key }: LauncherFile): void {
  const path = pathIn(folder)
  writeFileSync(`${path}.new`, `${JSON.stringify({ socket, key })}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
