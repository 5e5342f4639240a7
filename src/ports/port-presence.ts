import { readFile } from 'node:fs/promises'

export type Presence = 'present' | 'absent' | 'unknown'

/** Asks whether anybody is connected to a local port; `unknown` where the system does not say. Never rejects. */
export type PresenceCheck = (port: number) => Promise<Presence>

const established = '01'

let reading: Promise<ReadonlyArray<string | undefined>> | undefined

/** The kernel's socket tables as they are now; the first is `undefined` where there are none. */
export function socketTables (): Promise<ReadonlyArray<string | undefined>> {
  return Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(file => readFile(file, 'utf8').catch(() => undefined)))
}

/** Linux: a stream server on a direct port never tells when its viewer has come; the kernel does. */
export const procPresence: PresenceCheck = async port => {
  // On a busy machine they are long: whoever asks while they are being read shares that reading.
  reading ??= socketTables().finally(() => { reading = undefined })
  const tables = await reading
  if (tables[0] === undefined) return 'unknown'
  return tables.some(table => table !== undefined && hasConnection(table, port)) ? 'present' : 'absent'
}

/** Whether a kernel socket table (`/proc/net/tcp` or `tcp6`) has an established connection whose local port is `port`. */
export function hasConnection (table: string, port: number): boolean {
  const suffix = ':' + port.toString(16).toUpperCase().padStart(4, '0')
  return table.split('\n').some(line => {
    const [, local, , state] = line.trim().split(/\s+/)
    return state === established && local?.endsWith(suffix) === true
  })
}
