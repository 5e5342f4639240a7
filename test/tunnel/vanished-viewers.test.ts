import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import t from 'tap'
import { connectionName, kernelTables, unanswering } from '../../src/tunnel/kernel-connections.ts'
import { TunnelSet } from '../../src/tunnel/tunnel-set.ts'
import { VanishedViewers } from '../../src/tunnel/vanished-viewers.ts'
import { joined, type Joined } from './sockets.ts'

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'

/** A row as Linux writes it. */
function row (local: string, remote: string, repeated: number, probed = 0): string {
  return `   7: ${local} ${remote} 01 00001A2B:00000000 01:00000019 ${repeated.toString(16).toUpperCase().padStart(8, '0')}  1000 ${String(probed).padStart(8)} 54165785 4 cd1e6040 25 4 27 3 -1\n`
}

/** Turns the event loop until it is so. */
async function until (so: () => boolean): Promise<void> {
  while (!so()) await new Promise(resolve => { setImmediate(resolve) })
}

t.test('those that have left three sendings unanswered are told from the rest', async t => {
  t.same([...unanswering(head + [
    row('0100007F:1F90', '0200000A:D431', 2),
    row('0100007F:1F90', '0300000A:D431', 3),
    row('0100007F:1F90', '0400000A:D431', 0, 2),
    row('0100007F:1F90', '0500000A:D431', 0, 12),
    row('0000000000000000FFFF00000100007F:1F90', '0000000000000000FFFF00000200007F:D432', 9),
    row('000080FE000000000000000001000000:1F90', '000080FE0000000000000000AB000000:D433', 15)
  ].join(''))], [['8080 10.0.0.3 54321', 3], ['8080 10.0.0.5 54321', 12], ['8080 ::ffff:127.0.0.2 54322', 9], ['8080 fe80::ab 54323', 15]])
  t.equal(unanswering('').size, 0)
})

t.test('a connection is named as the kernel names it', { skip: process.platform !== 'linux' && 'Linux alone has such a table' }, async t => {
  for (const host of ['127.0.0.1', '::1']) {
    const server = createServer().listen(0, host)
    await once(server, 'listening')
    const near = connect((server.address() as AddressInfo).port, host)
    const [far] = await once(server, 'connection') as [Socket]
    // As if nothing had been answered on any of them.
    const all = unanswering((await kernelTables()).replace(/ [0-9A-F]{8}( +\d+ +)\d+ /g, ' 0000000F$10 '))
    t.ok(all.has(connectionName(far)), connectionName(far))
    t.ok(all.has(connectionName(near)))
    t.notOk(unanswering(await kernelTables()).has(connectionName(far)))
    near.destroy()
    far.destroy()
    server.close()
  }
})

t.test('the tunnel of a viewer that has answered nothing for a minute ends, all others stay', async t => {
  const [one, other] = [await joined(t), await joined(t)]
  const tunnels = new TunnelSet()
  tunnels.add('a', one.tunnel)
  tunnels.add('b', other.tunnel)
  const { clock } = one
  const hex = (port = 0) => port.toString(16).toUpperCase().padStart(4, '0')
  const rowOf = ({ viewerSide }: Joined, unanswered: number) => row(`0100007F:${hex(viewerSide.localPort)}`, `0100007F:${hex(viewerSide.remotePort)}`, unanswered)
  let looks = 0
  const vanished = new VanishedViewers(tunnels, clock, async () => {
    const unanswered = [5, 6, 7, 3, 4, 4, 5][looks++] ?? 6
    return rowOf(one, unanswered) + rowOf(other, looks % 4 === 0 ? 2 : 9)
  })
  for (let i = 1; i <= 7; i++) {
    clock.step(15_000)
    await until(() => looks === i && clock.waiting === 1)
    t.equal(tunnels.size, 2, 'the fourth look found a new silence')
  }
  clock.step(15_000)
  t.equal((await one.tunnel.closed).cause, 'viewerVanished')
  await until(() => tunnels.size === 1 && clock.waiting === 1)
  t.same(tunnels.of('b'), [other.tunnel])
  other.tunnel.destroy()
  await until(() => tunnels.size === 0)
  clock.step(15_000)
  await until(() => clock.waiting === 1)
  t.equal(looks, 8, 'where there is no tunnel nobody looks')
  vanished.close()
  vanished.close()
  t.equal(clock.waiting, 0)
})
