import { createHash } from 'node:crypto'

/** The constant of RFC 6455, section 1.3. */
const handshakeSalt = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** A control frame carries 125 bytes, two of them the close code. */
const mostReasonBytes = 123

/** The server's half of a WebSocket handshake, for a viewer that is let in only to be told why it may not stay. */
export function switchingProtocols (key: string, protocol?: string): Buffer {
  const accept = createHash('sha1').update(key + handshakeSalt).digest('base64')
  return Buffer.from([
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    '\r\n'
  ].join('\r\n'), 'latin1')
}

/**
 * A close frame whose reason is JSON, `{code, reason}`. A long text is cut between characters until the whole
 * fits into 123 bytes, so that the reason is always valid JSON and valid UTF-8.
 */
export function closeFrame (status: number, { code, reason }: { code: string, reason: string }): Buffer {
  const characters = [...reason]
  const written = (kept: number): Buffer => Buffer.from(JSON.stringify({ code, reason: characters.slice(0, kept).join('') }))
  let kept = Math.min(characters.length, mostReasonBytes)
  let payload = written(kept)
  while (payload.length > mostReasonBytes && kept > 0) payload = written(--kept)
  const frame = Buffer.alloc(4)
  frame.writeUInt8(0x88, 0)
  frame.writeUInt8(2 + payload.length, 1)
  frame.writeUInt16BE(status, 2)
  return Buffer.concat([frame, payload])
}
