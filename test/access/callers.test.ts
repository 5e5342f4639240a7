import t from 'tap'
import { callerProblem, type Access } from '../../src/access/callers.ts'

const local: Access = { host: '127.0.0.1', publicHost: '', internalHost: '', secure: false, corsOrigin: '', open: false }
const code = (headers: { host?: string, origin?: string }, changes: Partial<Access> = {}) => callerProblem(headers, { ...local, ...changes })?.code ?? 'welcome'

t.test('programs and our own page are welcome', async t => {
  for (const headers of [
    {},
    { host: '127.0.0.1:11182' },
    { host: 'localhost:11182' },
    { host: '[::1]:11182' },
    { host: 'slipway.localhost:11182' },
    { host: 'LOCALHOST:11182', origin: 'http://localhost:11182' },
    { host: '127.0.0.1:11182', origin: 'http://127.0.0.1:11182' },
    { host: '[::1]:11182', origin: 'http://[::1]:11182' }
  ]) t.equal(code(headers), 'welcome', JSON.stringify(headers))
})

t.test('over https only pages that came by https are ours', async t => {
  const host = 'cad.example:11182'
  const changes = { host: '0.0.0.0', publicHost: 'cad.example', secure: true }
  t.equal(code({ host, origin: `https://${host}` }, changes), 'welcome')
  t.equal(code({ host, origin: 'https://cad.example' }, changes), 'welcome')
  t.equal(code({ host, origin: `http://${host}` }, changes), 'foreign_origin')
})

t.test('stream servers in another network reach it by a name of their own', async t => {
  t.equal(code({ host: 'slipway:11182' }), 'foreign_host')
  t.equal(code({ host: 'slipway:11182' }, { internalHost: 'slipway' }), 'welcome')
})

t.test('a page of another origin is not, unless it is allowed', async t => {
  const headers = { host: '127.0.0.1:11182', origin: 'http://evil.example' }
  t.equal(code(headers), 'foreign_origin')
  t.equal(code({ ...headers, origin: 'null' }), 'foreign_origin')
  t.equal(code({ ...headers, origin: 'http://127.0.0.1:9999' }), 'foreign_origin', 'another port is another origin')
  t.equal(code(headers, { corsOrigin: 'http://evil.example' }), 'welcome')
  t.equal(code(headers, { corsOrigin: 'http://evil.example.org' }), 'foreign_origin')
  t.equal(code(headers, { corsOrigin: '*' }), 'welcome')
})

t.test('a name that was made to point here is not ours', async t => {
  t.equal(code({ host: 'evil.example:11182', origin: 'http://evil.example:11182' }), 'foreign_host')
  t.equal(code({ host: 'localhost.evil.example' }), 'foreign_host')
  t.equal(code({ host: 'not a host' }), 'foreign_host')
  t.match(callerProblem({ host: 'cad.example' }, local), { httpStatus: 421, message: /SLIPWAY_PUBLIC_HOST=cad\.example/ })
})

t.test('the public name is ours, also behind a proxy that ends TLS', async t => {
  const proxied = { publicHost: 'CAD.example' }
  t.equal(code({ host: 'cad.example', origin: 'https://cad.example' }, proxied), 'welcome')
  t.equal(code({ host: '127.0.0.1:11182', origin: 'https://cad.example' }, proxied), 'welcome')
})

t.test('on a network the machine may have any name', async t => {
  for (const host of ['0.0.0.0', '::', '192.168.0.7']) t.equal(code({ host: 'cadserver:11182', origin: 'http://cadserver:11182' }, { host }), 'welcome')
})

t.test('where it is open, everybody is welcome under any name', async t => {
  t.equal(code({ host: 'evil.example:11182', origin: 'http://other.example' }, { open: true }), 'welcome')
})
