import type { Socket } from 'node:net'
import t from 'tap'
import { Downstream } from '../../src/tunnel/downstream.ts'
import { largeBuffers } from '../../src/tunnel/large-buffers.ts'

const small = 16 * 1024

/** A downstream between a viewer that passes everything to its kernel at once, unless it is told to wait, and a stream server. */
function stage () {
  const downstream = new Downstream()
  const viewer = { writable: true, writableLength: 0, waits: false, pending: () => {}, write (chunk: Buffer, done: () => void) { if (this.waits) { this.writableLength += chunk.length; this.pending = done } } }
  let resumed = () => {}
  const streamServer = { resume: () => { resumed() } }
  downstream.relay(streamServer as Socket, viewer as unknown as Socket)
  const { buffer, callback } = downstream.onread
  const next = () => (buffer as () => Buffer)()
  const read = (length: number) => callback(length, next())
  return { downstream, viewer, next, read, resumed: new Promise<void>(resolve => { resumed = resolve }) }
}

t.test('who gets busy borrows a large buffer, and gives it back to the next when the burst is over', async t => {
  const [first, second] = [stage(), stage()]
  const own = first.next()
  t.equal(own.length, small)
  t.equal(first.read(small - 1), true)
  t.equal(first.next(), own)
  first.read(small)
  const large = first.next()
  t.equal(large.length, largeBuffers.size)
  first.read(small)
  t.equal(first.next(), large, 'as long as it is of use')
  second.read(small)
  t.not(second.next(), large, 'one buffer is never two connections’')
  first.read(small - 1)
  t.equal(first.next(), own)
  const third = stage()
  third.read(small)
  t.equal(third.next(), large)
})

t.test('a large buffer that is still being written is nobody else’s, and not read into', async t => {
  const { viewer, next, read, resumed } = stage()
  read(small)
  const large = next()
  viewer.waits = true
  t.equal(read(small - 1), false, 'reading stops')
  t.equal(next(), large)
  const other = stage()
  other.read(small)
  t.not(other.next(), large)
  viewer.writableLength = 0
  viewer.pending()
  await resumed
})

t.test('two that are fast leave everybody else a turn every two megabytes', async t => {
  const { downstream, read, resumed } = stage()
  read(small)
  let reads = 1
  while (reads < 20 && read(largeBuffers.size)) reads++
  t.equal(downstream.bytes, small + reads * largeBuffers.size)
  t.equal(reads * largeBuffers.size, 2 * 1024 * 1024)
  await resumed
  t.equal(read(largeBuffers.size), true, 'and go on')
})
