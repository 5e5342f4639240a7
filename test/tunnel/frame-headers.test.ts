import t from 'tap'
import { FrameHeaders } from '../../src/tunnel/frame-headers.ts'
import { chance } from './sockets.ts'

/** A client's frame: masked, with a payload that looks like frames itself. */
function frame (opcode: number, bytes: number): Buffer {
  const length = bytes < 126 ? Buffer.of(0x80 | bytes) : bytes < 65_536 ? Buffer.of(0x80 | 126, bytes >> 8, bytes & 0xff) : Buffer.from([0x80 | 127, 0, 0, 0, 0, bytes >>> 24, bytes >> 16 & 0xff, bytes >> 8 & 0xff, bytes & 0xff])
  return Buffer.concat([Buffer.of(0x80 | opcode), length, Buffer.of(1, 2, 3, 4), Buffer.alloc(bytes, 0x82)])
}

t.test('frames with data are told from pings, pongs and closes', async t => {
  for (const [name, opcode, data] of [['text', 1, true], ['binary', 2, true], ['continuation', 0, true], ['close', 8, false], ['ping', 9, false], ['pong', 10, false]] as const) {
    t.equal(new FrameHeaders().take(frame(opcode, 5)), data, name)
  }
})

t.test('payloads are no headers, whatever is in them and however long they are', async t => {
  for (const bytes of [0, 1, 125, 126, 65_535, 65_536, 200_000]) {
    const headers = new FrameHeaders()
    headers.take(frame(2, bytes))
    t.notOk(headers.take(frame(9, 0)), `behind ${bytes} bytes a ping is a ping`)
    t.ok(headers.take(frame(1, 1)), `behind ${bytes} bytes and a ping a text is a text`)
  }
})

t.test('however the bytes are cut, the same is found', async t => {
  const draw = chance(3)
  for (let round = 0; round < 40; round++) {
    const opcodes = Array.from({ length: 12 }, () => [0, 1, 2, 8, 9, 10][draw(6)] ?? 9)
    const all = Buffer.concat(opcodes.map(opcode => frame(opcode, [draw(10), draw(200), draw(3_000), draw(70_000)][draw(4)] ?? 0)))
    const headers = new FrameHeaders()
    let found = 0
    // One byte at a time every header is in a piece of its own.
    if (round % 2 === 0) for (const byte of all) found += headers.take(Buffer.of(byte)) ? 1 : 0
    else {
      for (let at = 0; at < all.length;) {
        const next = at + 1 + draw(3_000)
        found ||= headers.take(all.subarray(at, next)) ? 1 : 0
        at = next
      }
    }
    const data = opcodes.filter(opcode => opcode < 8).length
    t.equal(found, round % 2 === 0 ? data : Math.min(1, data))
  }
})

t.test('a viewer that masks nothing is understood, too', async t => {
  const headers = new FrameHeaders()
  t.ok(headers.take(Buffer.of(0x81, 2, 0x89, 0x89)))
  t.notOk(headers.take(Buffer.of(0x89, 0)))
})
