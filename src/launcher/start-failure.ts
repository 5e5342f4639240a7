import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { StartOrder } from '../spawning/launcher.ts'

/** Where a program is looked for when the child's environment has no `PATH`: what the C library does. */
const DEFAULT_PATH = '/bin:/usr/bin'

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

/** Why a start failed, in words that say what to do. `code` is the system's (`ENOENT`, …) or Node's. */
export function explain (order: StartOrder, code: string, message: string): string {
  const path = locate(order)
  switch (code) {
    case 'ENOENT': return path === undefined ? missing(order) : loaderMissing(path)
    case 'EACCES': return denied(path ?? order.executable)
    case 'ENOEXEC': return `${path} is not a program: neither a binary for this system nor a script that begins with #!. Check the executable's path.`
    case 'ETXTBSY': return `${path} is just being written. Try again when it is complete.`
    case 'E2BIG': return 'The arguments and the environment together are larger than this system lets a program have. Shorten them.'
    case 'EMFILE':
    case 'ENFILE': return 'No file descriptors are left to start another program. Raise the limit (ulimit -n), or allow fewer sessions.'
    case 'EAGAIN': return 'The limit of processes is reached. Raise it (ulimit -u, or the pids limit of the container), or allow fewer sessions.'
    case 'ENOMEM': return 'There is not enough memory to start another program. Allow fewer sessions.'
    default: return `${order.executable} could not be started: ${message}`
  }
}

function missing ({ executable, env }: StartOrder): string {
  return executable.includes('/')
    ? `There is no file ${executable}. Check the executable's path.`
    : `No program called ${executable} is on the child's PATH (${env['PATH'] ?? DEFAULT_PATH}). Give its absolute path.`
}

/** The file exists and still the system says that it does not: what is missing is the program that has to load it. */
function loaderMissing (path: string): string {
  const head = readHead(path, 4096)?.toString('latin1') ?? ''
  const script = /^#![ \t]*(\S+)/.exec(head)?.[1]
  if (script !== undefined) return `${path} exists, but its interpreter ${script} does not. Install it, or correct the first line of the script.`
  const loader = /\/[\w./-]*\/ld-[\w.-]+/.exec(head)?.[0]
  return `${path} exists, but the loader it was built for${loader === undefined ? '' : ` (${loader})`} does not. ` +
    'A program built for glibc does not run on a musl system such as Alpine: use a Debian or Ubuntu image, or install its loader.'
}

function denied (path: string): string {
  try {
    const stat = statSync(path)
    if (stat.isDirectory()) return `${path} is a directory. Give the path of the program in it.`
    if (!stat.isFile()) return `${path} is not a file. Check the executable's path.`
    accessSync(path, constants.X_OK)
    return `${path} may not be run. Look for a file system mounted with noexec, for the rights of its interpreter, or for a security policy.`
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).syscall === 'access'
      ? `is not executable for this user. Run chmod +x ${path}.`
      : 'cannot be reached: a folder on the way is closed to this user.'
    return `${path} ${reason}`
  }
}

/** The file that a start would run, by the C library's rules; `undefined` when there is none. */
function locate ({ executable, env }: StartOrder): string | undefined {
  if (executable.includes('/')) return existsSync(executable) ? executable : undefined
  return (env['PATH'] ?? DEFAULT_PATH).split(delimiter).map(folder => join(folder, executable)).find(path => isFile(path))
}

function isFile (path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function readHead (path: string, bytes: number): Buffer | undefined {
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
