import t from 'tap'
import { parseReport } from '../../src/status/report.ts'

t.test('a report is what the contract knows', async t => {
  for (const kind of ['ready', 'ping', 'disconnect']) t.same(parseReport({ liveliness: kind }), { status: 'report', report: { kind, viewers: null, idle: null } })
})

t.test('viewers are a count, idle is told in seconds and kept in milliseconds', async t => {
  t.same(parseReport({ liveliness: 'ping', viewers: '1', idle: '2.5', more: 'x' }), { status: 'report', report: { kind: 'ping', viewers: 1, idle: 2_500 } })
  t.same(parseReport({ liveliness: 'ping', viewers: '0', idle: '0' }), { status: 'report', report: { kind: 'ping', viewers: 0, idle: 0 } })
})

t.test('the model that the viewer named', async t => {
  t.same(parseReport({ liveliness: 'ping', model: 'drive unit ü' }), { status: 'report', report: { kind: 'ping', viewers: null, idle: null, model: 'drive unit ü' } })
  for (const model of ['', 'x'.repeat(257), 'a\nb', ['a'], 7]) t.notOk('model' in ((parseReport({ liveliness: 'ping', model }) as { report: object }).report), JSON.stringify(model))
})

t.test('an extra that makes no sense is as good as not said', async t => {
  for (const value of ['', '-1', 'one', '1e3', 'NaN', 'Infinity', '0x1', ' 1', '1,5', '.5', '9'.repeat(10), ['1', '2'], {}, null, undefined, 1]) {
    t.same(parseReport({ liveliness: 'ping', viewers: value, idle: value }), { status: 'report', report: { kind: 'ping', viewers: null, idle: null } }, JSON.stringify(value))
  }
  t.match(parseReport({ liveliness: 'ping', viewers: '1.5' }), { report: { viewers: null } }, 'half a viewer')
})

t.test('anything else is no report', async t => {
  for (const liveliness of [undefined, '', 'Ready', 'dead', ' ready', ['ready'], { ready: 1 }, 'toString', null]) {
    t.match(parseReport({ liveliness }), { status: 'invalid', problem: /^liveliness: expected ready, ping, disconnect, got / }, JSON.stringify(liveliness))
  }
})
