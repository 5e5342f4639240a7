import t from 'tap'
import { readProxyHeader } from '../../src/front/proxy-header.ts'

const block = (command: number, family: number, addresses: Buffer) => {
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\0\0\0\0', 'latin1')
  head[12] = command
  head[13] = family
  head.writeUInt16BE(addresses.length, 14)
  return Buffer.concat([head, addresses])
}
const four = Buffer.from([203, 0, 113, 9, 10, 0, 0, 1, 0x30, 0x39, 0x2b, 0xae])
const six = Buffer.concat([Buffer.from('20010db8000000000000000000000009', 'hex'), Buffer.alloc(16), Buffer.from([0x30, 0x39, 0x2b, 0xae])])
const wellFormed: Array<[name: string, header: Buffer, source: { address: string, port: number } | 'proxy' | 'unknown']> = [
  ['version 1, IPv4', Buffer.from('PROXY TCP4 203.0.113.9 10.0.0.1 12345 11182\r\n'), { address: '203.0.113.9', port: 12_345 }],
  ['version 1, IPv6', Buffer.from('PROXY TCP6 2001:db8::9 ::1 12345 11182\r\n'), { address: '2001:db8::9', port: 12_345 }],
  ['version 1, unknown', Buffer.from('PROXY UNKNOWN\r\n'), 'unknown'],
  ['version 1, unknown with anything behind', Buffer.from('PROXY UNKNOWN ffff:: ffff:: 1 2\r\n'), 'unknown'],
  ['version 2, IPv4', block(0x21, 0x11, four), { address: '203.0.113.9', port: 12_345 }],
  ['version 2, IPv6', block(0x21, 0x21, six), { address: '2001:db8::9', port: 12_345 }],
  ['version 2, with extras', block(0x21, 0x11, Buffer.concat([four, Buffer.from([4, 0, 2, 1, 1])])), { address: '203.0.113.9', port: 12_345 }],
  ['version 2, the proxy itself', block(0x20, 0x00, Buffer.alloc(0)), 'proxy'],
  ['version 2, a socket of another kind', block(0x21, 0x31, Buffer.alloc(216)), 'unknown']
]

t.test('headers of both versions, with the request right behind', async t => {
  for (const [name, header, source] of wellFormed) {
    t.same(readProxyHeader(Buffer.concat([header, Buffer.from('GET / HTTP/1.1')])), { status: 'header', length: header.length, source }, name)
  }
})

t.test('a header that comes byte by byte is waited for', async t => {
  for (const [name, header] of wellFormed) {
    const early = Array.from(header.keys(), length => readProxyHeader(header.subarray(0, length)).status)
    t.ok(early.every(status => status === 'incomplete'), name)
  }
})

t.test('requests and TLS begin otherwise', async t => {
  for (const first of ['GET / HTTP/1.1\r\n', 'POST /', 'PUT /', 'P0', '\x16\x03\x01']) t.same(readProxyHeader(Buffer.from(first, 'latin1')), { status: 'none' }, JSON.stringify(first))
})

t.test('broken headers', async t => {
  for (const line of ['PROXY TCP4 203.0.113.9 10.0.0.1 12345\r\n', 'PROXY TCP4 2001:db8::9 ::1 1 2\r\n', 'PROXY TCP4 203.0.113.9 10.0.0.1 99999 1\r\n', 'PROXY  TCP4 203.0.113.9 10.0.0.1 1 2\r\n', `PROXY ${'x'.repeat(200)}`]) {
    t.same(readProxyHeader(Buffer.from(line)), { status: 'malformed' }, line)
  }
  for (const header of [block(0x31, 0x11, four), block(0x25, 0x11, four), block(0x21, 0x11, four.subarray(4)), block(0x21, 0x21, four), block(0x21, 0x11, Buffer.alloc(4_096))]) t.same(readProxyHeader(header), { status: 'malformed' })
})
