import t from 'tap'
import { isRequestFilter, requestFilter } from '../../src/logs/request-filter.ts'

t.test('a filter is an expression, with slashes and flags or without', async t => {
  t.equal(requestFilter(''), null)
  t.ok(requestFilter('POST.*liveliness=ping')?.test('POST /api/spawns/1?liveliness=ping'))
  t.ok(requestFilter('/post.*PING/i')?.test('POST /api/spawns/1?liveliness=ping'))
  t.ok(requestFilter('/api/')?.test('GET /the/api/here') === true, 'two slashes are the frame')
  const every = requestFilter('/GET/g')
  t.same([every?.test('GET /'), every?.test('GET /')], [true, true])
})

t.test('one that is no expression is told from one that is', async t => {
  t.ok(isRequestFilter('GET'))
  t.notOk(isRequestFilter('(GET'))
  t.notOk(isRequestFilter('/GET/x'))
})
