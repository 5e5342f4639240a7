import t from 'tap'
import { Session } from '../../src/sessions/session.ts'
import { failureOf } from '../../src/spawning/outcome.ts'

t.test('a caller whose stream server went down with its owner is told so, whatever was left of its output', async t => {
  for (const [exit, message] of [
    [null, /^the process that starts stream servers died$/],
    [{ code: null, signal: 'SIGKILL', outputTail: '' }, /^the process that starts stream servers died$/],
    [{ code: null, signal: null, outputTail: 'It died while it started this program. Try again.' }, /Try again/]
  ] as const) {
    const session = new Session({ id: 'id-1', renderer: 'csr', model: null, via: 'rest' }, 0)
    session.because('owner_lost')
    session.exit = exit
    t.match(failureOf(session.view(), 30_000, 'sc'), { status: 'startFailed', reason: 'owner_lost', message })
  }
})
