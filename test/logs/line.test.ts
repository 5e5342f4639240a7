import t from 'tap'
import { withoutSecrets } from '../../src/logs/combined.ts'
import { retimed, textLine, timeOf } from '../../src/logs/line.ts'
import { timeFormat } from '../../src/logs/time-format.ts'

const start = new Date(2026, 0, 2, 3, 4, 5, 6).getTime()

t.test('times are universal, local, or seconds since the start', async t => {
  t.equal(timeFormat('iso', start)(start), new Date(start).toISOString())
  t.equal(timeFormat('local', start)(start), '2026-01-02 03:04:05.006')
  t.equal(timeFormat('delta', start)(start + 61_234), '61.234')
})

t.test('a line of the file: time, the official word for the level, message, and what else is known', async t => {
  const delta = timeFormat('delta', start)
  for (const [level, word] of [[10, 'debug'], [20, 'verbose'], [30, 'info'], [40, 'warn'], [50, 'error'], [60, 'error']]) {
    t.equal(textLine(JSON.stringify({ level, time: start + 5, msg: 'a session' }), delta), `0.005:${word}: a session\n`)
  }
  t.equal(textLine(JSON.stringify({ level: 30, time: start, port: 11_000, msg: 'two\nlines' }), delta), '0.000:info: two\\nlines {"port":11000}\n')
  t.equal(textLine(JSON.stringify({ level: 30, time: start }), delta), '0.000:info: \n')
})

const answered = { method: 'GET', path: '/api/status', version: '1.1', status: 200 }

t.test('a request stands in Apache\'s combined format', async t => {
  const at = Date.UTC(2026, 10, 1, 2, 3, 4)
  const line = (more: object) => textLine(JSON.stringify({ level: 20, time: at, reqId: 'req-1', ip: '192.0.2.7', bytes: 12, milliseconds: 3, msg: 'GET /api/status 200', ...more }), () => 'now')
  t.equal(line({ answered: { ...answered, referer: 'https://cad.test/', agent: 'curl/8' } }), 'now:verbose: 192.0.2.7 - - [01/Nov/2026:02:03:04 +0000] "GET /api/status HTTP/1.1" 200 12 "https://cad.test/" "curl/8"\n')
  t.equal(line({ answered, bytes: 0, listener: 'files' }), 'now:verbose: FileServer: 192.0.2.7 - - [01/Nov/2026:02:03:04 +0000] "GET /api/status HTTP/1.1" 200 - "-" "-"\n')
})

t.test('nobody begins a line of the file, or ends a field of it, with what he calls himself', async t => {
  const line = textLine(JSON.stringify({ level: 30, time: start, ip: '::1', bytes: 0, answered: { ...answered, path: '/a"b', agent: 'x" 200\r\n\u001b[2J \\ \u2028' } }), () => 'now')
  t.ok(line.endsWith('"GET /a\\"b HTTP/1.1" 200 - "-" "x\\" 200\\r\\n\\u001b[2J \\\\ \\u2028"\n'), line)
  t.equal(textLine(JSON.stringify({ level: 30, time: start, who: 'a\u0085b', msg: 'bell \u0007' }), () => 'now'), 'now:info: bell \\u0007 {"who":"a\\u0085b"}\n')
})

t.test('what may be secret in an address is not in the log', async t => {
  for (const [address, shown] of [['/a?token=x', '/a'], ['https://me:pw@cad.test/page?x#y', 'https://cad.test/page'], ['https://cad.test/@home', 'https://cad.test/@home'], ['//u:p@cad.test', '//cad.test'], ['', '']] as const) t.equal(withoutSecrets(address), shown)
})

t.test('a line of JSON with another time is the same in everything else', async t => {
  t.equal(retimed('{"level":30,"time":1000,"msg":"\\"time\\":5"}\n', time => `at ${time}`), '{"level":30,"time":"at 1000","msg":"\\"time\\":5"}\n')
  t.equal(timeOf('{"level":30,"time":1000,"msg":""}\n'), 1000)
})
