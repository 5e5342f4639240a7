import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { StartOrder } from '../spawning/launcher.ts'

/** Where a program is looked for when the child's environment has no `PATH`: what the C library does. */
export const DEFAULT_PATH = '/bin:/usr/bin'

/** What a program begins with: ELF, a script's `#!`, Mach-O (thin, both ways round, and universal), and `MZ` for kernels that run those. */
const MAGICS = ['7f454c46', '2321', 'cffaedfe', 'feedfacf', 'cafebabe', '4d5a']

/**
 * Whether the file is certainly no program. It must be asked before the start: the C library hands whatever the kernel refuses as
 * "not a binary" to a shell, which would then run, say, a licence file line by line. What cannot be read may still be run.
 */
export function isNoProgram (order: StartOrder): boolean {
  const path = locate(order)
  const head = path === undefined ? undefined : readHead(path, 4)
  return head !== undefined && !MAGICS.some(magic => head.toString('hex').startsWith(magic))
}

/** The file that a start would run, by the C library's rules; `undefined` when there is none. */
export function locate ({ executable, env }: StartOrder): string | undefined {
  if (executable.includes('/')) return existsSync(executable) ? executable : undefined
  return (env['PATH'] ?? DEFAULT_PATH).split(delimiter).map(folder => join(folder, executable)).find(path => isFile(path))
}

function isFile (path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true
  } catch {
    return false // a folder on the way is closed to this user, or is none
  }
}

/** The first bytes of a regular file, as far as they can be read. */
export function readHead (path: string, bytes: number): Buffer | undefined {
  if (!isFile(path)) return undefined
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const head = Buffer.alloc(bytes)
    return head.subarray(0, readSync(file, head, 0, bytes, 0))
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
