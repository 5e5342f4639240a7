import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { areAddresses, callerOf, trustOf } from '../../src/front/caller.ts'

const asking = (remoteAddress: string | undefined, headers: Record<string, string> = {}, encrypted = false) =>
  ({ headers, connection: { remoteAddress }, socket: { remoteAddress, ...encrypted ? { encrypted } : {} } }) as unknown as IncomingMessage

const said = { host: 'slipway:11182', 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'cad.example', 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/cad/' }

t.test('a trusted proxy is believed in what it says of its caller', async t => {
  t.same(callerOf(asking('10.1.2.3', said), trustOf(['10.0.0.0/8'])), { address: '203.0.113.9', host: 'cad.example', secure: true, prefix: '/cad' })
  t.match(callerOf(asking('::ffff:10.1.2.3', said), trustOf(['10.0.0.0/8'])), { address: '203.0.113.9' }, 'an IPv4 address in IPv6 clothes')
  t.match(callerOf(asking('127.0.0.1', said), trustOf(['loopback'])), { address: '203.0.113.9' })
})

t.test('anybody else speaks for itself only', async t => {
  for (const trusted of [[], ['10.0.0.0/8'], ['loopback', '::1']]) {
    t.same(callerOf(asking('198.51.100.1', said), trustOf(trusted)), { address: '198.51.100.1', host: 'slipway:11182', secure: false, prefix: '' })
  }
  t.match(callerOf(asking('198.51.100.1', said, true), trustOf([])), { secure: true })
  t.match(callerOf(asking(undefined), trustOf(['loopback'])), { address: '', host: '' }, 'a connection that is gone already')
})

t.test('in a chain of proxies the last address that is not trusted counts, whatever the caller wrote before it', async t => {
  const chain = { 'x-forwarded-for': '1.1.1.1, 203.0.113.9, 10.0.0.7', 'x-forwarded-host': 'evil.example, cad.example', 'x-forwarded-proto': 'http, https' }
  t.match(callerOf(asking('10.0.0.8', chain), trustOf(['10.0.0.0/8'])), { address: '203.0.113.9', host: 'cad.example', secure: true })
})

t.test('what makes no sense is not taken over', async t => {
  const trusts = trustOf(['loopback'])
  for (const host of ['cad.example/evil', 'a b', 'cad.example:99999999', '"', 'user@cad.example']) t.equal(callerOf(asking('127.0.0.1', { host: 'own', 'x-forwarded-host': host }), trusts).host, 'own', host)
  for (const prefix of ['cad', '/a b', '/a//b', '/a"', '/']) t.equal(callerOf(asking('127.0.0.1', { 'x-forwarded-prefix': prefix }), trusts).prefix, '', prefix)
})

t.test('addresses, networks and words for some', async t => {
  t.ok(areAddresses(['10.0.0.0/8', '::1', 'fe80::/10', 'loopback', 'linklocal', 'uniquelocal']))
  for (const wrong of ['proxy.example', '10.0.0.0/33', '', '10.0.0']) t.notOk(areAddresses([wrong]), wrong)
  t.ok(areAddresses([]), 'nobody')
})
