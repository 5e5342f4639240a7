import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { Certificate } from '../../src/tls/certificate.ts'
import { certificates, withoutOpenssl } from '../fixtures/certificates.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

async function stage (t: Test) {
  const issued = certificates(t)
  const clock = new FakeClock()
  const certificate = await Certificate.open(issued.files, clock)
  const diary: string[] = []
  certificate.on('replaced', ({ subject }) => { diary.push(`replaced ${subject}`) })
  certificate.on('unusable', problem => { diary.push(problem) })
  const server = createServer(certificate.options, socket => { socket.on('error', () => {}).pipe(socket) })
  certificate.serve(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new Set<TLSSocket>()
  t.teardown(() => {
    certificate.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const call = async () => {
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ca: issued.ca })
    sockets.add(socket)
    await once(socket, 'secureConnect')
    return { socket, fingerprint: socket.getPeerCertificate().fingerprint256 }
  }
  return { ...issued, clock, certificate, diary, call }
}

t.test('new files are presented to new connections, and open ones live on', withoutOpenssl, async t => {
  const { certificate, fingerprint, issue, replace, call, diary } = await stage(t)
  const before = await call()
  t.equal(before.fingerprint, fingerprint)
  const second = issue('second')
  replace('second')
  await certificate.look()
  t.equal((await call()).fingerprint, second)
  before.socket.write('still here')
  t.equal(String((await once(before.socket, 'data'))[0]), 'still here')
  t.match(diary, [/^replaced .*localhost/])
  t.ok(certificate.isOurs(second) && certificate.isOurs(fingerprint), 'stream servers may have begun with either')
  t.notOk(certificate.isOurs(issue('third')))
})

t.test('a new pair that does not fit is told once, and the old one stays until it does', withoutOpenssl, async t => {
  const { certificate, files, fingerprint, issue, replace, call, diary } = await stage(t)
  writeFileSync(files.certificateFile, 'half a certifi')
  await certificate.look()
  await certificate.look()
  t.same(diary, [`${files.certificateFile} is no certificate in PEM`])
  t.equal((await call()).fingerprint, fingerprint)
  rmSync(files.certificateFile)
  await certificate.look()
  t.same(diary.slice(1), [`${files.certificateFile} cannot be read (ENOENT)`])
  const second = issue('second')
  replace('second')
  await certificate.look()
  t.equal((await call()).fingerprint, second)
})

t.test('the files are looked at every few seconds, until it is closed', withoutOpenssl, async t => {
  const { certificate, clock, issue, replace } = await stage(t)
  certificate.watch()
  issue('second')
  replace('second')
  const replaced = once(certificate, 'replaced')
  await clock.advance(5_000)
  await replaced
  certificate.close()
  await certificate.look()
  t.equal(clock.pending, 0)
})

t.test('nothing older than TLS 1.2 is spoken', withoutOpenssl, async t => {
  const { certificate, call } = await stage(t)
  t.match(certificate.options, { minVersion: 'TLSv1.2' })
  t.match((await call()).socket.getProtocol(), /^TLSv1\.[23]$/)
})

t.test('files that cannot be used are an error before anything listens', withoutOpenssl, async t => {
  const { files, path } = certificates(t)
  await t.rejects(Certificate.open({ ...files, keyFile: path('none') }, new FakeClock()), /cannot be read \(ENOENT\)/)
})
