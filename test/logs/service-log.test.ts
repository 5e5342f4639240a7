import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastify, { LogController } from 'fastify'
import t, { type Test } from 'tap'
import { openLog, type LogOptions } from '../../src/logging.ts'

const startedAt = new Date(2026, 0, 2).getTime()

/** A log with a file alone: nothing on stdout. */
function stage (t: Test, changes: Partial<LogOptions> = {}) {
  const path = join(t.testdir(), 'here', 'service.log')
  const log = openLog({ level: 'silent', time: 'auto', terminal: false, licence: '', startedAt, file: { path, level: 'info', time: 'delta' }, fileFailed: error => { throw error }, ...changes })
  const app = fastify({ logger: log.options, logController: new LogController({ disableRequestLogging: true }) })
  t.teardown(async () => { await app.close() })
  const text = async () => {
    await log.close()
    return readFileSync(path, 'utf8')
  }
  return { app, text }
}

t.test('the file begins with the time of the start in both formats, and has what its level lets through', async t => {
  const { app, text } = stage(t)
  app.log.debug('too quiet')
  app.log.warn({ port: 11_000 }, 'loud enough')
  const lines = (await text()).split('\n')
  t.match(lines[0], /^0\.000:info: the log begins at 20\d\d-\d\d-\d\dT[\d:.]+Z, 2026-01-02 00:00:00\.000 here$/)
  t.match(lines[1], /^\d+\.\d{3}:warn: loud enough {"port":11000}$/)
  t.equal(lines.length, 3)
})

t.test('neither the licence nor a session\'s token is in it', async t => {
  const { app, text } = stage(t, { licence: 'L1CENCE "text"' })
  app.log.warn({ sessionToken: 't0ken', exit: { outputTail: '--license L1CENCE "text"' } }, 'a stream server said L1CENCE "text"')
  const all = await text()
  t.notMatch(all, /L1CENCE|t0ken/)
  t.match(all, /a stream server said <hidden>/)
})

t.test('without stdout and without a file nothing is logged', async t => {
  const { app } = stage(t, { file: null })
  t.equal(app.log.level, 'silent')
})
