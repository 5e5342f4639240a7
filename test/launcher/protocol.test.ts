import t from 'tap'
import { MAX_LINE_BYTES, MessageReader, encode, isAnswer, isOrder } from '../../src/launcher/protocol.ts'
import type { Answer } from '../../src/launcher/protocol.ts'

/** Numbers that look random and are the same in each run (mulberry32). */
function randomFrom (seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}

t.test('messages arrive whole and in order however the pipe cuts them', async t => {
  const random = randomFrom(20)
  const sent: Answer[] = [{ type: 'ready' }]
  for (let i = 0; i < 300; i++) {
    const text = ['plain', 'two\nlines', 'ümläut € 🙂', '"quoted" \\ \u2028', 'x'.repeat(Math.floor(random() * 9000))][i % 5] ?? ''
    sent.push({ type: 'exited', id: `${i}`, pid: i, code: i % 2 ? null : 0, signal: i % 2 ? 'SIGKILL' : null, outputTail: text })
  }
  const bytes = Buffer.from(sent.map(encode).join(''))
  for (const largest of [1, 3, 100, 70_000]) {
    const reader = new MessageReader(isAnswer)
    const heard: Answer[] = []
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + Math.floor(random() * largest)
      heard.push(...reader.push(bytes.subarray(at, end)))
      at = end
    }
    t.same(heard, sent, `in chunks of at most ${largest} bytes`)
  }
})

t.test('what is not a message is refused', async t => {
  for (const line of ['', 'nonsense', 'null', '[]', '{}', '{"type":"ready"}', '{"type":7}']) {
    t.throws(() => new MessageReader(isOrder).push(Buffer.from(`${line}\n`)), line)
  }
})

t.test('a line without an end is refused before it fills the memory', async t => {
  const reader = new MessageReader(isOrder)
  const chunk = Buffer.alloc(64 * 1024, 'x')
  for (let bytes = 0; bytes + chunk.length <= MAX_LINE_BYTES; bytes += chunk.length) reader.push(chunk)
  t.throws(() => reader.push(chunk), /a line of more than/)
})
