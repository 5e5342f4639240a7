import { isIPv4, isIPv6 } from 'node:net'

/**
 * What the first bytes of a connection say in the PROXY protocol (HAProxy's specification, versions 1 and 2). `length` is what the
 * header takes of the bytes; the source is `proxy` where it speaks for itself (its health checks), `unknown` where it names no IP address.
 */
export type ProxyHeader =
  | { status: 'header', length: number, source: { address: string, port: number } | 'proxy' | 'unknown' }
  /** Not a header: whoever connects speaks for itself. */
  | { status: 'none' }
  /** More bytes are needed. */
  | { status: 'incomplete' }
  | { status: 'malformed' }

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const word = Buffer.from('PROXY ', 'latin1')
/** Longest line of version 1, its line end included. */
const longestLine = 107
/** Bytes of addresses and extras a header of version 2 may carry here; real ones stay far below. */
const longestBlock = 2_048

/** Reads a header at the start of a connection; nothing else begins with either of its two signatures. */
export function readProxyHeader (bytes: Buffer): ProxyHeader {
  if (startsAlike(bytes, word)) return bytes.length < word.length ? { status: 'incomplete' } : readLine(bytes)
  if (startsAlike(bytes, signature)) return bytes.length < 16 ? { status: 'incomplete' } : readBlock(bytes)
  return { status: 'none' }
}

/** Whether the two agree as far as both go. */
function startsAlike (bytes: Buffer, mark: Buffer): boolean {
  const length = Math.min(bytes.length, mark.length)
  return bytes.subarray(0, length).equals(mark.subarray(0, length))
}

function readLine (bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, longestLine).indexOf('\r\n')
  if (end === -1) return { status: bytes.length < longestLine ? 'incomplete' : 'malformed' }
  const line = bytes.toString('latin1', 0, end)
  const length = end + 2
  if (/^PROXY UNKNOWN( |$)/.test(line)) return { status: 'header', length, source: 'unknown' }
  const [, family, from = '', to = '', port = ''] = /^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/.exec(line) ?? []
  const isAddress = family === '4' ? isIPv4 : isIPv6
  if (family === undefined || !isAddress(from) || !isAddress(to) || Number(port) > 65_535) return { status: 'malformed' }
  return { status: 'header', length, source: { address: from, port: Number(port) } }
}

function readBlock (bytes: Buffer): ProxyHeader {
  const [command = 0, family = 0] = bytes.subarray(12, 14)
  const block = bytes.readUInt16BE(14)
  if (command >> 4 !== 2 || (command & 15) > 1 || block > longestBlock) return { status: 'malformed' }
  const length = 16 + block
  if (bytes.length < length) return { status: 'incomplete' }
  if ((command & 15) === 0) return { status: 'header', length, source: 'proxy' }
  switch (family >> 4) {
    case 1:
      if (block < 12) return { status: 'malformed' }
      return { status: 'header', length, source: { address: bytes.subarray(16, 20).join('.'), port: bytes.readUInt16BE(24) } }
    case 2:
      if (block < 36) return { status: 'malformed' }
      return { status: 'header', length, source: { address: ipv6(bytes.subarray(16, 32)), port: bytes.readUInt16BE(48) } }
    default:
      return { status: 'header', length, source: 'unknown' }
  }
}

function ipv6 (bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  // In the short form that everything else compares by.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
