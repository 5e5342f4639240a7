import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { connectedPorts, procPresence } from '../../src/ports/port-presence.ts'
import { bindProbe } from '../../src/ports/port-probe.ts'
import { parseEphemeralRange, rangeWarnings } from '../../src/ports/port-range.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
  t.test(`a port held on ${host} is taken, and free once it is let go`, async t => {
    const server = createServer().listen(0, host)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    t.match(await bindProbe(port), { status: 'taken', why: /another process/ })
    server.close()
    await once(server, 'close')
    t.same(await bindProbe(port), { status: 'free' })
  })
}

t.test('the kernel tells whether a viewer is connected', { skip: process.platform !== 'linux' && 'only Linux has /proc/net/tcp' }, async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const clock = new FakeClock()
  const presence = procPresence(clock)
  t.equal(await presence(port, 0), 'absent')
  const viewer = connect(port, '127.0.0.1')
  const [socket] = await once(server, 'connection')
  t.equal(await presence(port, 1_000), 'absent', 'an answer that is not too old is good enough')
  t.equal(await presence(port, 0), 'present')
  t.equal(await presence(port, 1_000), 'present')
  viewer.destroy()
  socket.destroy()
  server.close()
  await once(server, 'close')
  await clock.advance(1_000)
  t.equal(await presence(port, 1_000), 'absent', 'later it is looked again')
})

t.test('only established connections on the local side count', async t => {
  const line = (local: string, remote: string, state: string) => `   0: 0100007F:${local} 0100007F:${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 4711 1 ffff888100000001 20 4 30 10 -1\n`
  const heading = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
  const table = heading + line('2AF8', '9999', '01') + line('2AF9', '9998', '0A') + line('2AFA', '9997', '06') + line('2AFB', '9996', '01')
  t.same([...connectedPorts(table)], [0x2af8, 0x2afb], 'neither those that listen, nor those that are over, nor the other side')
  t.same([...connectedPorts(heading)], [])
})

t.test('an unwise range is warned about, a wise one is not', async t => {
  const ephemeral = parseEphemeralRange('32768\t60999\n')
  t.same(ephemeral, { first: 32_768, last: 60_999 })
  t.equal(parseEphemeralRange('nonsense'), undefined)
  t.same(rangeWarnings({ first: 11_000, last: 11_031 }, ephemeral, [11_182]), [])
  t.match(rangeWarnings({ first: 55_000, last: 55_031 }, ephemeral, []), [/overlaps the kernel/])
  t.match(rangeWarnings({ first: 11_000, last: 11_200 }, undefined, [11_182]), [/port 11182 is inside/])
})
