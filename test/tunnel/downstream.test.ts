import type { Socket } from 'node:net'
import t from 'tap'
import { Downstream } from '../../src/tunnel/downstream.ts'
import { largeBuffers } from '../../src/tunnel/large-buffers.ts'

// Buffers are compared by `===`: a comparison of tap's that fails writes them down byte by byte.
const small = 16 * 1024

/** A downstream between a viewer that passes everything to its kernel at once, unless it is told to wait, and a stream server. As Node does it, a write is told to be done when the read is over, never within. */
function stage () {
  const downstream = new Downstream()
  const viewer = { writable: true, writableLength: 0, waits: false, pending: () => {}, write }
  function write (chunk: Buffer, done: () => void) {
    if (!viewer.waits) return process.nextTick(done)
    viewer.writableLength += chunk.length
    viewer.pending = () => {
      viewer.writableLength = 0
      done()
    }
  }
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
  t.ok(first.next() === own)
  first.read(small)
  const large = first.next()
  t.equal(large.length, largeBuffers.size)
  first.read(largeBuffers.size)
  t.ok(first.next() === large, 'as long as it is filled')
  second.read(small)
  t.ok(second.next() !== large, 'one buffer is never two connections’')
  first.read(largeBuffers.size - 1)
  t.ok(first.next() === own, 'who has nothing to read now has none')
  const third = stage()
  third.read(small)
  t.ok(third.next() === large)
})

t.test('a large buffer that is still being written is nobody else’s; then it goes back, though every write waits', async t => {
  const { viewer, next, read, resumed } = stage()
  const own = next()
  viewer.waits = true
  read(small)
  viewer.pending()
  const large = next()
  t.equal(read(largeBuffers.size), false)
  viewer.pending()
  t.ok(next() === large, 'as long as it is filled')
  t.equal(read(small + 1), false, 'reading stops')
  t.ok(next() === own)
  const [early, late, later] = [stage(), stage(), stage()]
  early.read(small)
  t.ok(early.next() !== large)
  viewer.pending()
  await resumed
  late.read(small)
  t.ok(late.next() === large)
  viewer.pending()
  later.read(small)
  t.ok(later.next() !== large, 'it goes back once')
})

t.test('two that are fast leave everybody else a turn every two megabytes', async t => {
  const { downstream, read, resumed } = stage()
  let others = false
  setImmediate(() => { others = true })
  read(small)
  let reads = 1
  while (reads < 20 && read(largeBuffers.size)) reads++
  t.equal(downstream.bytes, small + reads * largeBuffers.size)
  t.equal(reads * largeBuffers.size, 2 * 1024 * 1024)
  await resumed
  t.equal(others, true)
  t.equal(read(largeBuffers.size), true, 'and go on')
})
