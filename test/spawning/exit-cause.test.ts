import t from 'tap'
import { exitMessage, exitReason, lostItsPort } from '../../src/spawning/exit-cause.ts'

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

t.test('each end is told in the official words', async t => {
  const told = (how: Parameters<typeof exit>[0]) => exitMessage('ts3d_sc_server', { id: 'b6d2ae3e', exit: exit(how) })
  for (const [code, words] of Object.entries({
    0: 'success',
    1: 'unexpected exit',
    2: 'invalid command line argument',
    3: 'internal error',
    4: 'failed to initialize the stream-cache',
    5: 'failed to initialize the curl library',
    6: 'invalid license',
    7: 'invalid license file',
    8: 'service-respawn failed',
    9: 'unable to get service-respawn exit-code',
    11: 'unknown exit-code',
    255: 'unknown exit-code'
  })) t.equal(told({ code: Number(code) }), `ts3d_sc_server failed: reason='${words}', exit-code=${code}, id=b6d2ae3e`)
  t.equal(told({ signal: 'SIGSEGV' }), "ts3d_sc_server failed: reason='exited because of signal=SIGSEGV, no exit-code', id=b6d2ae3e")
})
