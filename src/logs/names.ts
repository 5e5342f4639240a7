import type { Renderer } from '../sessions/session.ts'

/** Names of log files, the official server's. Times are in milliseconds since 1970 and stand in the names as local time. */

/** The service's own log, from its start. */
export function serverLogName (startedAt: number, pid: number): string {
  return `comm_server_${stamp(startedAt)}_${pid}.log`
}

/** A stream server's log. */
export function sessionLogName (renderer: Renderer, createdAt: number, id: string): string {
  return `comm_scserver_${renderer}_${stamp(createdAt)}_${id}.log`
}

/** What a stream server said on stdout and stderr, where its log is a file that it writes itself. */
export function sessionOutputName (renderer: Renderer, createdAt: number, id: string): string {
  return sessionLogName(renderer, createdAt, id).replace(/\.log$/, '_output.log')
}

/** Whether the file is one of these, whoever wrote it and when. */
export function isLogName (name: string): boolean {
  return /^comm_(server|scserver_(csr|ssr))_\d{4}(_\d\d){5}_[\w-]+\.log(\.\d+)?$/.test(name)
}

/** What the names of a log, of its continuations and of the output beside it have in common. */
export function logStem (name: string): string {
  return name.replace(/(_output)?\.log(\.\d+)?$/, '')
}

function stamp (time: number): string {
  const at = new Date(time)
  const parts = [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()]
  return [at.getFullYear(), ...parts.map(part => String(part).padStart(2, '0'))].join('_')
}
