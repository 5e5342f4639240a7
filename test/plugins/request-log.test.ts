import t, { type Test } from 'tap'
import errors from '../../plugins/errors.ts'
import requestLog, { type RequestLogOptions } from '../../plugins/request-log.ts'
import { loggingApp } from '../fixtures/app-stage.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

async function stage (t: Test, options: Partial<RequestLogOptions> = {}) {
  const { app, log } = loggingApp(t)
  await app.register(errors)
  await app.register(requestLog, { level: 'info', filter: null, clock: new FakeClock(), ...options })
  app.get('/here', async () => 'yes')
  app.get('/quiet', { logLevel: 'warn' }, async () => 'yes')
  const lines = () => log.map(({ msg }) => msg).filter(msg => /^(GET|POST) /.test(msg))
  return { app, log, lines }
}

t.test('every request is one line, without its query', async t => {
  const { app, log, lines } = await stage(t)
  await app.inject('/here?token=secret')
  await app.inject('/nothing')
  await app.inject('/quiet')
  t.same(lines(), ['GET /here 200', 'GET /nothing 404'])
  t.notMatch(JSON.stringify(log.filter(({ msg }) => lines().includes(msg))), /secret/)
})

t.test('who asked, from which page and with what is known of each line, without the page\'s query', async t => {
  const { app, log } = await stage(t)
  await app.inject({ url: '/here?token=secret', headers: { referer: 'https://cad.test/app?token=secret', 'user-agent': 'a browser' }, remoteAddress: '192.0.2.7' })
  t.match(log.find(({ answered }) => answered !== undefined), {
    ip: '192.0.2.7', bytes: 3, msg: 'GET /here 200', answered: { method: 'GET', path: '/here', version: '1.1', status: 200, referer: 'https://cad.test/app', agent: 'a browser' }
  })
  t.notMatch(JSON.stringify(log.filter(({ answered }) => answered !== undefined)), /secret/)
})

t.test('the filter sees the method and the whole address', async t => {
  const { app, lines } = await stage(t, { filter: /GET.*raw=true/ })
  await app.inject('/here?raw=true')
  await app.inject('/here')
  t.same(lines(), ['GET /here 200'])
})

t.test('the filter sees the whole line in Apache\'s combined format too, as officially', async t => {
  for (const filter of [/"GET \/here\?raw=true HTTP\/1\.1" 200 3 /, /^192\.0\.2\.7 - - \[/, /"a probe"$/, /cad\.test\/app\?x/]) {
    const { app, lines } = await stage(t, { filter })
    await app.inject({ url: '/here?raw=true', headers: { 'user-agent': 'a probe', referer: 'https://cad.test/app?x' }, remoteAddress: '192.0.2.7' })
    await app.inject('/here')
    t.same(lines(), ['GET /here 200'], String(filter))
  }
})

t.test('the level is the one that is set, or none at all', async t => {
  const { app, log } = await stage(t, { level: 'warn' })
  await app.inject('/here')
  t.match(log.find(({ msg }) => msg === 'GET /here 200'), { level: 40 })
  const silent = await stage(t, { level: 'silent' })
  await silent.app.inject('/here')
  t.same(silent.lines(), [])
})
