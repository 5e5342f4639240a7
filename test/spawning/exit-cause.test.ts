import t from 'tap'
import { exitReason, lostItsPort } from '../../src/spawning/exit-cause.ts'

const exit = (how: { code?: number, signal?: NodeJS.Signals, outputTail?: string }) => ({ id: 'a', pid: 1, code: how.code ?? null, signal: how.signal ?? null, outputTail: how.outputTail ?? '' })

t.test('an end nobody asked for has a reason', async t => {
  t.equal(exitReason(exit({ code: 0 })), 'exited')
  t.equal(exitReason(exit({ signal: 'SIGSEGV' })), 'killed_by_signal')
  for (const code of [6, 7]) t.equal(exitReason(exit({ code })), 'licence')
  for (const code of [1, 2, 3, 4, 5, 8, 9, 10, 255]) t.equal(exitReason(exit({ code })), 'crashed')
})

t.test('"address in use" is understood in the words programs use', async t => {
  for (const outputTail of ['Error: listen EADDRINUSE: address already in use 0.0.0.0:11000', 'bind: Address already in use', 'ADDRESS IN USE', 'the address is already in use']) {
    t.ok(lostItsPort(exit({ code: 1, outputTail })), outputTail)
  }
  t.ok(lostItsPort(exit({ code: 10 })))
  t.notOk(lostItsPort(exit({ code: 1, outputTail: 'out of memory' })))
  t.notOk(lostItsPort(exit({ code: 0, outputTail: 'address in use' })), 'an orderly end is no conflict')
})
