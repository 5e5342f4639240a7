import t from 'tap'
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

t.test('a line of JSON with another time is the same in everything else', async t => {
  t.equal(retimed('{"level":30,"time":1000,"msg":"\\"time\\":5"}\n', time => `at ${time}`), '{"level":30,"time":"at 1000","msg":"\\"time\\":5"}\n')
  t.equal(timeOf('{"level":30,"time":1000,"msg":""}\n'), 1000)
})
