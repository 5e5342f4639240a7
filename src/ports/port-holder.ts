import { readFileSync, readlinkSync } from 'node:fs'
import { readFile, readdir, readlink } from 'node:fs/promises'
import { socketTables } from './port-presence.ts'

/** Who holds a port, as found when the question was asked. */
export type Holder =
  /** The process does, or one it started. `lost` looks again at once: what has changed since, in words, or null. */
  | { status: 'known', lost: () => string | null }
  | { status: 'stranger', why: string }
  /** The system does not tell. */
  | { status: 'unknown' }

/** Asks whether everything that listens on a local port belongs to this process or to one it started. Never rejects. */
export type HolderCheck = (pid: number, port: number) => Promise<Holder>

/**
 * Linux: the kernel's socket tables name the socket that listens, and the process's descriptors show who has it. The tables may be long
 * and are read once; to look again takes two short reads. Nobody connects to the port: that would be its viewer.
 */
export const procHolder: HolderCheck = async (pid, port) => {
  const found = await look(pid, port)
  // A table that changes while it is read may lack a row.
  return found.status === 'stranger' ? await look(pid, port) : found
}

async function look (pid: number, port: number): Promise<Holder> {
  const tables = await socketTables()
  if (tables[0] === undefined) return { status: 'unknown' }
  const sockets = new Set(tables.flatMap(table => listeners(table ?? '', port)))
  if (sockets.size === 0) return { status: 'stranger', why: `nobody listens on port ${port}` }
  // Kernels that are imitated show sockets without their numbers.
  if (sockets.has('0')) return { status: 'unknown' }
  try {
    return await findAmong(await family(pid), sockets, port)
  } catch (error) {
    return gone(error) ? { status: 'stranger', why: 'its process is gone' } : { status: 'unknown' }
  }
}

/** Inode numbers of the sockets that listen on `port`, in a kernel socket table (`/proc/net/tcp` or `tcp6`). */
export function listeners (table: string, port: number): string[] {
  const suffix = ':' + port.toString(16).toUpperCase().padStart(4, '0')
  return table.split('\n').flatMap(line => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/)
    return state === listening && local.endsWith(suffix) && inode !== undefined ? [inode] : []
  })
}

const listening = '0A'

/** The process and those it started, for stream servers behind a script. */
async function family (pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const families = await Promise.all(children.split(' ').filter(child => child !== '').map(async child => await family(Number(child))))
  return [pid, ...families.flat()]
}

async function findAmong (pids: readonly number[], sockets: ReadonlySet<string>, port: number): Promise<Holder> {
  const found = (await Promise.all(pids.map(async pid => await descriptorsOf(pid, sockets)))).flat()
  const missing = [...sockets].some(inode => !found.some(each => each.inode === inode))
  if (missing) return { status: 'stranger', why: `another process listens on port ${port}` }
  const startTimes = new Map(await Promise.all([...new Set(found.map(({ pid }) => pid))].map(async pid => [pid, statFields(await readFile(`/proc/${pid}/stat`, 'utf8')).startTime] as const)))
  return {
    status: 'known',
    lost: () => {
      try {
        for (const [pid, startTime] of startTimes) {
          const now = statFields(readFileSync(`/proc/${pid}/stat`, 'utf8'))
          if (now.startTime !== startTime || /[ZXx]/.test(now.state)) return 'its process is gone'
          if (/[Tt]/.test(now.state)) return 'its process is stopped'
        }
        return found.every(({ path, inode }) => readlinkSync(path) === `socket:[${inode}]`) ? null : `it no longer listens on port ${port}`
      } catch (error) {
        return (error as NodeJS.ErrnoException).path?.includes('/fd/') === true ? `it no longer listens on port ${port}` : 'its process is gone'
      }
    }
  }
}

/** Those of a process's descriptors that are one of these sockets. */
async function descriptorsOf (pid: number, sockets: ReadonlySet<string>): Promise<Array<{ pid: number, path: string, inode: string }>> {
  const names = await readdir(`/proc/${pid}/fd`)
  const all = await Promise.all(names.map(async name => {
    const path = `/proc/${pid}/fd/${name}`
    // A descriptor may be closed in between.
    const target = await readlink(path).catch(() => '')
    return { pid, path, inode: /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '' }
  }))
  return all.filter(({ inode }) => sockets.has(inode))
}

/** The name, field 2, stands in parentheses and may itself hold blanks and parentheses: fields are counted from the last one. */
function statFields (stat: string): { state: string, startTime: string } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', startTime: fields[19] ?? '' }
}

const gone = (error: unknown) => ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')
