import { readFile } from 'node:fs/promises'
import { SocketAddress } from 'node:net'
import { endianness } from 'node:os'

/** Sendings in a row without an answer, each awaited twice as long as the one before: 51 s on the quickest line, some minutes on a slow one. */
const mostUnanswered = 8

/** Of a row of `/proc/net/tcp`: local port, remote address and port, repetitions and probes without an answer. */
const row = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]{2} \S+ \S+ ([0-9A-F]+) +\d+ +(\d+) /gm

/** The connections in the kernel's table whose peer has left too much unanswered, each as `connectionName` writes it. */
export function unanswering (table: string): Set<string> {
  const found = new Set<string>()
  for (const [, localPort = '', address = '', port = '', repeated = '', probed = ''] of table.matchAll(row)) {
    if (Math.max(parseInt(repeated, 16), Number(probed)) < mostUnanswered) continue
    found.add(connectionName({ localPort: parseInt(localPort, 16), remoteAddress: addressOf(address), remotePort: parseInt(port, 16) }))
  }
  return found
}

/** What tells a TCP connection of this machine from every other. */
export function connectionName ({ localPort, remoteAddress, remotePort }: { localPort?: number | undefined, remoteAddress?: string | undefined, remotePort?: number | undefined }): string {
  return `${localPort} ${remoteAddress?.split('%', 1)[0]} ${remotePort}`
}

/** The kernel writes the words of an address in its own order of bytes. */
function addressOf (hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  if (endianness() === 'LE') bytes.swap32()
  if (bytes.length === 4) return bytes.join('.')
  return new SocketAddress({ family: 'ipv6', address: bytes.toString('hex').replace(/.{4}(?=.)/g, '$&:') }).address
}

/** What Linux knows of its TCP connections; empty elsewhere. */
export async function kernelTables (): Promise<string> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(path => readFile(path, 'latin1').catch(() => '')))
  return tables.join('')
}
