import { accessSync, constants, statSync } from 'node:fs'
import type { StartOrder } from '../spawning/launcher.ts'
import { DEFAULT_PATH, locate, readHead } from './program-file.ts'

/**
 * Why a start failed, in words that say what to do. `code` is the system's (`ENOENT`, …) or Node's. The files it looks at are those
 * that the system has just looked at itself.
 */
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
    case 'LAUNCHER_CLOSED': return message
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
