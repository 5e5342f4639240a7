import { readFile } from 'node:fs/promises'
import type { Clock } from '../clock.ts'

export type Presence = 'present' | 'absent' | 'unknown'

/**
 * Asks whether anybody is connected to a local port; `unknown` where the system does not say. Never rejects.
 *
 * @param age how old the answer may be, in milliseconds; 0: it is looked now
 */
export type PresenceCheck = (port: number, age: number) => Promise<Presence>

/** The kernel's socket tables as they are now; the first is `undefined` where there are none. */
export function socketTables (): Promise<ReadonlyArray<string | undefined>> {
  return Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(file => readFile(file, 'latin1').catch(() => undefined)))
}

/**
 * Linux: a stream server on a direct port never tells when its viewer has come; the kernel does. On a busy machine its tables are long:
 * whoever asks while they are being read, or soon enough after, shares that reading.
 */
export function procPresence (clock: Clock): PresenceCheck {
  let reading: Promise<ReadonlySet<number> | undefined> | undefined
  let done = false
  let beganAt = -Infinity
  return async (port, age) => {
    if (reading === undefined || (done && clock.now() - beganAt >= age)) {
      done = false
      beganAt = clock.now()
      reading = readConnected().finally(() => { done = true })
    }
    const connected = await reading
    if (connected === undefined) return 'unknown'
    return connected.has(port) ? 'present' : 'absent'
  }
}

async function readConnected (): Promise<ReadonlySet<number> | undefined> {
  const [table, table6] = await socketTables()
  return table === undefined ? undefined : new Set([...connectedPorts(table), ...connectedPorts(table6 ?? '')])
}

/**
 * Local ports that have an established connection in a kernel socket table (`/proc/net/tcp` or `tcp6`). A table has thousands of rows of
 * connections that are long over, and this is a hot path, since it runs where viewers are served: only the rows that count are looked at.
 */
export function * connectedPorts (table: string): Generator<number> {
  // `<n>: <address>:<port> <address>:<port> <state> …`, where nothing else is a number of two digits.
  for (let state = table.indexOf(established); state !== -1; state = table.indexOf(established, state + 1)) {
    const local = table.lastIndexOf(' ', state - 1)
    yield Number.parseInt(table.slice(local - 4, local), 16)
  }
}

const established = ' 01 '
