import t from 'tap'
import { closeWords, isOrderly } from '../../src/viewer/close-words.ts'
import { closeCodes } from '../../src/stream-server/protocol.ts'

t.test('every close that a server may make has a sentence of its own', async t => {
  for (const code of [1000, 1001, 1002, 1003, 1005, 1006, 1008, 1009, 1012, 1013, 4403, 4408, 4410, 4422, 4429, ...Object.values(closeCodes)]) {
    const words = closeWords(code, '')
    t.match(words, /^[A-Z].*\.$/, String(code))
    t.notMatch(words, /with code/, String(code))
  }
})

t.test('a refusal\'s own sentence is more exact than ours', async t => {
  t.equal(closeWords(4404, 'There is no model "bench".'), 'There is no model "bench".')
  t.equal(closeWords(1013, '{"code":"full","reason":"All 32 seats are taken"}'), 'All 32 seats are taken.')
  t.equal(closeWords(1013, '{"code":"full","reason":"No ports available"}'), 'All seats are taken.')
  t.equal(closeWords(4422, '{"code":"model_isolated","reason":"This model keeps crashing its stream server; try again in 300 s"}'), 'This model keeps crashing its stream server; try again in 300 s.')
})

t.test('a reason that is no sentence is not shown', async t => {
  t.equal(closeWords(4408, '{"code":"startTimeout"'), 'The stream server did not start in time.')
  t.equal(closeWords(4408, '{"code":"startTimeout","reason":7}'), 'The stream server did not start in time.')
  t.equal(closeWords(1001, 'The stream server ends.'), 'The stream server was stopped.')
})

t.test('an unknown code is named', async t => {
  t.equal(closeWords(4999, ''), 'The connection was closed with code 4999.')
})

t.test('only a session that somebody ended is closed in order', async t => {
  t.ok(isOrderly(1000))
  t.ok(isOrderly(1001))
  t.notOk(isOrderly(1006))
  t.notOk(isOrderly(closeCodes.badModel))
})
