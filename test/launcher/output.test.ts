import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { ChildOutput } from '../../src/spawning/launcher.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { LogFile } from '../../src/launcher/log-file.ts'
import { OutputLines } from '../../src/launcher/output-lines.ts'
import { OutputTail, TAIL_BYTES } from '../../src/launcher/output-tail.ts'

t.test('the tail of little output is all of it', async t => {
  const tail = new OutputTail()
  t.equal(tail.toString(), '')
  tail.add(Buffer.from('one\n'))
  tail.add(Buffer.from('two'))
  t.equal(tail.toString(), 'one\ntwo')
})

t.test('the tail of much output begins with a whole line, whatever the size of the chunks', async t => {
  const text = Array.from({ length: 5000 }, (_, i) => `line ${i} ü\n`).join('')
  const bytes = Buffer.from(text)
  for (const size of [1, 7, 4095, 4096, 4097, bytes.length]) {
    const tail = new OutputTail()
    for (let at = 0; at < bytes.length; at += size) tail.add(bytes.subarray(at, at + size))
    const found = tail.toString()
    t.ok(text.endsWith(found) && found.startsWith('line '), `chunks of ${size}`)
    t.ok(Buffer.byteLength(found) <= TAIL_BYTES && Buffer.byteLength(found) > TAIL_BYTES - 20)
  }
})

t.test('one endless line, and bytes that are no text, stay within the limit', async t => {
  for (const byte of [0x78, 0xff]) {
    const tail = new OutputTail()
    tail.add(Buffer.alloc(100_000, byte))
    t.equal(Buffer.byteLength(tail.toString()), TAIL_BYTES)
  }
})

t.test('lines', async t => {
  const stage = () => {
    const told: Array<Pick<ChildOutput, 'lines' | 'leftOut'>> = []
    const clock = new FakeClock()
    return { told, clock, output: new OutputLines(clock, output => { told.push(output) }) }
  }

  t.test('are gathered for a quarter of a second, whatever the chunks', async t => {
    const { told, clock, output } = stage()
    for (const byte of Buffer.from('one\r\ntwo ü\nthr')) output.add(Buffer.from([byte]))
    await clock.advance(249)
    t.same(told, [])
    await clock.advance(1)
    t.same(told, [{ lines: ['one', 'two ü'], leftOut: 0 }])
    await clock.advance(1_000)
    t.equal(told.length, 1, 'a line that is not complete waits')
    output.add(Buffer.from('ee\nfour'))
    output.end()
    t.same(told[1], { lines: ['three', 'four'], leftOut: 0 })
    output.end()
    await clock.advance(1_000)
    t.equal(told.length, 2)
  })

  t.test('that are too many are counted, time after time', async t => {
    const { told, clock, output } = stage()
    for (let time = 0; time < 2; time++) {
      output.add(Buffer.from('x\n'.repeat(1_000)))
      await clock.advance(250)
    }
    t.same(told, Array.from({ length: 2 }, () => ({ lines: Array.from({ length: 25 }, () => 'x'), leftOut: 975 })))
  })

  t.test('that are too long are cut, and one without an end fills no memory', async t => {
    const { told, clock, output } = stage()
    for (let i = 0; i < 10_000; i++) output.add(Buffer.alloc(1_000, 'x'))
    await clock.advance(1_000)
    t.same(told, [])
    output.add(Buffer.from('\nnext\n'))
    await clock.advance(250)
    t.same(told, [{ lines: [`${'x'.repeat(1_000)}…`, 'next'], leftOut: 0 }])
  })
})

t.test('a log', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-log-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const errors: string[] = []
  const log = (name: string, limit: number) => new LogFile(join(folder, name), limit, error => { errors.push(String(error.code)) })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')

  t.test('of a silent program is not made at all', async t => {
    await log('silent', 1000).end()
    t.throws(() => read('silent'), { code: 'ENOENT' })
  })

  t.test('that fits holds every byte', async t => {
    const file = log('fits', 1000)
    file.write(Buffer.from('one\n'))
    file.write(Buffer.from('two\n'))
    await file.end()
    t.equal(read('fits'), 'one\ntwo\n')
  })

  t.test('that does not fit says so once and counts what is missing, within its limit', async t => {
    const file = log('large', 1000)
    for (let i = 0; i < 100; i++) file.write(Buffer.alloc(100, 'x'))
    await file.end()
    t.ok(statSync(join(folder, 'large')).size <= 1000)
    t.match(read('large'), /^x{840}\n\[slipway\] limit of 1000 bytes reached, what follows is not kept\n\n\[slipway\] 9160 bytes of output were not kept\n$/)
  })

  t.test('with a limit too small for words is simply cut', async t => {
    const file = log('small', 10)
    file.write(Buffer.alloc(100, 'x'))
    await file.end()
    t.equal(read('small'), 'x'.repeat(10))
  })

  t.test('on a disk slower than its program loses output instead of filling the memory', async t => {
    const file = log('slow', 100_000_000)
    for (let i = 0; i < 1000; i++) file.write(Buffer.alloc(10_000, 'x')) // all in one turn: nothing can be written meanwhile
    await file.end()
    t.ok(statSync(join(folder, 'slow')).size < 1_000_000)
    t.match(read('slow'), /\[slipway\] \d+ bytes of output were not kept\n$/)
  })

  t.test('that cannot be written is told once and is otherwise nothing', async t => {
    const file = log('no/such/folder', 1000)
    file.write(Buffer.from('one\n'))
    await new Promise(resolve => { setImmediate(resolve) })
    file.write(Buffer.from('two\n'))
    await file.end()
    file.write(Buffer.from('three\n'))
    t.same(errors, ['ENOENT'])
  })
})
