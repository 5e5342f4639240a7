import t from 'tap'
import { endpointProblem, fillEndpoint, originOf, withoutPrefix } from '../../src/front/endpoint.ts'
import { trustOf } from '../../src/front/caller.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { frontOf } from '../fixtures/front.ts'

const parts = { origin: 'wss://cad.example/x', host: 'cad.example', port: '11005', id: 'an-id', token: 'a-token' }

t.test('what stands for what', async t => {
  for (const [template, filled] of [
    ['ws://{host}:{port}', 'ws://cad.example:11005'],
    ['wss://viewers.example/s/{token}', 'wss://viewers.example/s/a-token'],
    ['{origin}/s/{token}', 'wss://cad.example/x/s/a-token'],
    ['wss://{host}/wsproxy/{port}?session={id}', 'wss://cad.example/wsproxy/11005?session=an-id']
  ] as const) {
    t.equal(endpointProblem(template), undefined, template)
    t.equal(fillEndpoint(template, parts), filled)
  }
})

t.test('what cannot be an endpoint is told in words', async t => {
  for (const [template, problem] of [
    ['wss://cad.example/', /same address/],
    ['wss://cad.example/{Token}', /\{Token\} stands for nothing; there are \{origin\} \{host\}/],
    ['https://cad.example/{token}', /expected an address such as/],
    ['/s/{token}', /expected an address such as/],
    ['wss://cad example/{token}', /expected an address such as/]
  ] as const) t.match(endpointProblem(template), problem, template)
})

t.test('a path below which the service is known', async t => {
  for (const [target, rest] of [['/cad/api/spawn', '/api/spawn'], ['/cad', '/'], ['/cad?a=1', '/?a=1'], ['/cad/', '/'], ['/cadmium', '/cadmium'], ['/api/spawn', '/api/spawn'], ['/', '/']] as const) t.equal(withoutPrefix(target, '/cad'), rest, target)
  t.equal(withoutPrefix('/cad/x', ''), '/cad/x')
  t.equal(originOf({ address: '', host: 'cad.example', secure: true, prefix: '' }, '/cad'), 'wss://cad.example/cad')
  t.equal(originOf({ address: '', host: 'cad.example', secure: false, prefix: '/other' }, '/cad'), 'ws://cad.example/other')
})

t.test('what a viewer behind a proxy is told', async t => {
  const front = frontOf(new FakeClock(), { trusts: trustOf(['loopback']), endpoint: '{origin}/s/{token}' })
  const request = (headers: Record<string, string>) => ({ headers, socket: { remoteAddress: '127.0.0.1' }, connection: { remoteAddress: '127.0.0.1' } }) as never
  const seat = { id: '0d9ac8ef-6ee9-4d9b-91c4-4ad4a0b1cd2f', port: 11_005 }
  const told = front.addressesOf(seat, request({ host: '127.0.0.1:11182', 'x-forwarded-host': 'cad.example', 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/models' }))
  const [, token = ''] = /^wss:\/\/cad\.example\/models\/s\/(\S+)$/.exec(told.endpoint) ?? []
  t.same(front.tokens.read(token), { status: 'valid', ...seat })
  t.equal(told.proxyPath, `/models/s/${token}`)
  t.match(front.addressesOf(seat, request({ host: 'localhost:11182' })).endpoint, /^ws:\/\/localhost:11182\/s\//)
})

t.test('where nothing is in front, a viewer is told its stream server, on the host the caller used', async t => {
  const ask = (host: string | undefined, changes = {}) => frontOf(new FakeClock(), changes).addressesOf({ id: '', port: 11_005 }, { headers: host === undefined ? {} : { host }, socket: { localPort: 11_182 } } as never).endpoint
  t.equal(ask('cad.example:11182'), 'ws://cad.example:11005')
  t.equal(ask('[::1]:11182'), 'ws://[::1]:11005')
  t.equal(ask(undefined), 'ws://127.0.0.1:11005')
  t.match(ask(undefined, { endpoint: '{origin}/s/{token}' }), /^ws:\/\/127\.0\.0\.1:11182\/s\//)
  t.equal(ask('cad.example', { publicHost: '2001:db8::1', streamServersSecure: true }), 'wss://[2001:db8::1]:11005')
})
