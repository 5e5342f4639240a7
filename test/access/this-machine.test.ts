import t from 'tap'
import { mayAdminister } from '../../src/access/administrator.ts'
import { cameThroughProxy, isFromThisMachine } from '../../src/access/this-machine.ts'

const from = (remoteAddress: string | undefined, headers = {}, localAddress = '192.0.2.1') => ({ headers, socket: { remoteAddress, localAddress } })

t.test('a program on this machine', async t => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '192.0.2.1']) t.ok(isFromThisMachine(from(address)), address)
  for (const address of ['192.0.2.2', '0.0.0.0', '::', '', undefined]) t.notOk(isFromThisMachine(from(address)), String(address))
})

t.test('what came through a proxy is from wherever', async t => {
  for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']) {
    t.ok(cameThroughProxy(from('127.0.0.1', { [name]: '' })), name)
    t.notOk(isFromThisMachine(from('127.0.0.1', { [name]: '' }), 'programs and pages'), name)
  }
})

t.test('a page is nobody’s program, but may be one of our own', async t => {
  const page = from('127.0.0.1', { origin: 'http://localhost:11182' })
  t.notOk(isFromThisMachine(page))
  t.ok(isFromThisMachine(page, 'programs and pages'))
})

t.test('from elsewhere with the key', async t => {
  const rules = { open: false, adminKey: 'a key' }
  t.ok(mayAdminister(from('192.0.2.2', { authorization: 'Bearer a key' }), rules))
  t.notOk(mayAdminister(from('192.0.2.2', { authorization: 'Bearer another' }), rules))
  t.notOk(mayAdminister(from('192.0.2.2', { authorization: 'Bearer ' }), { ...rules, adminKey: '' }))
  t.ok(mayAdminister(from('192.0.2.2'), { ...rules, open: true }))
})
