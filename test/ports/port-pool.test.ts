import t from 'tap'
import { PortPool, type PortLease } from '../../src/ports/port-pool.ts'
import type { ProbeResult } from '../../src/ports/port-probe.ts'
import { FakeClock, settle } from '../fixtures/fake-clock.ts'

const never = new AbortController().signal

function poolOf (count: number, taken = new Set<number>()) {
  const clock = new FakeClock()
  const probe = async (port: number): Promise<ProbeResult> => taken.has(port) ? { status: 'taken', why: 'test' } : { status: 'free' }
  return { clock, taken, pool: new PortPool({ begin: 20_000, count, rest: 2_000, retry: 30_000, probe, clock }) }
}

async function leased (pool: PortPool): Promise<PortLease> {
  const lease = await pool.take(never)
  if (lease === undefined) throw new Error('expected a lease')
  return lease
}

t.test('ports are given out in order and never twice', async t => {
  const { pool } = poolOf(3)
  const ports = (await Promise.all([leased(pool), leased(pool), leased(pool)])).map(lease => lease.port)
  t.same(ports, [20_000, 20_001, 20_002])
  t.equal(await pool.take(never), undefined, 'all leased: nothing to wait for')
  t.same(pool.counts(), { free: 0, leased: 3, resting: 0, blocked: 0 })
})

t.test('a freed port rests, then comes last', async t => {
  const { pool, clock } = poolOf(2)
  const first = await leased(pool)
  first.release()
  t.same(pool.counts(), { free: 1, leased: 0, resting: 1, blocked: 0 })
  const second = await leased(pool)
  t.equal(second.port, 20_001)
  await clock.advance(2_000)
  t.equal((await leased(pool)).port, 20_000)
})

t.test('releasing twice, or blocking what was released, is nothing', async t => {
  const { pool } = poolOf(1)
  const lease = await leased(pool)
  lease.release()
  lease.release()
  lease.block('late')
  t.same(pool.counts(), { free: 0, leased: 0, resting: 1, blocked: 0 })
})

t.test('who finds only resting ports waits for them, first come first served', async t => {
  const { pool, clock } = poolOf(2)
  const leases = [await leased(pool), await leased(pool)]
  leases[0]?.release()
  await clock.advance(500)
  leases[1]?.release()
  const order: string[] = []
  const first = leased(pool).then(lease => { order.push(`first ${lease.port}`) })
  const second = leased(pool).then(lease => { order.push(`second ${lease.port}`) })
  await clock.advance(1_499)
  t.same(order, [])
  await clock.advance(1)
  t.same(order, ['first 20000'])
  await clock.advance(500)
  await Promise.all([first, second])
  t.same(order, ['first 20000', 'second 20001'])
  t.equal(clock.pending, 0, 'no timer is left')
})

t.test('who waits behind whoever gets the last port is told that there is none to wait for', async t => {
  const { pool, clock } = poolOf(1)
  const first = await leased(pool)
  first.release()
  const [second, third] = [pool.take(never), pool.take(never)]
  await clock.advance(2_000)
  t.equal((await second)?.port, 20_000)
  t.equal(await third, undefined)
  t.equal(pool.waiting, 0)
  t.equal(clock.pending, 0)
})

t.test('who hangs up while waiting leaves no trace', async t => {
  const { pool, clock } = poolOf(1)
  const lease = await leased(pool)
  lease.release()
  const caller = new AbortController()
  const waiting = pool.take(caller.signal)
  caller.abort()
  t.equal(await waiting, undefined)
  await clock.advance(2_000)
  t.equal((await leased(pool)).port, 20_000)
  t.equal(clock.pending, 0)
})

t.test('a port somebody else holds is blocked, told, and tried again later', async t => {
  const { pool, clock, taken } = poolOf(2, new Set([20_000]))
  const told: unknown[] = []
  pool.on('blocked', event => told.push(['blocked', event.port]))
  pool.on('unblocked', event => told.push(['unblocked', event.port]))
  t.equal((await leased(pool)).port, 20_001, 'the next one is given instead')
  t.equal(await pool.take(never), undefined)
  t.same(pool.counts(), { free: 0, leased: 1, resting: 0, blocked: 1 })
  await clock.advance(30_000)
  t.equal(await pool.take(never), undefined, 'still held')
  taken.clear()
  await clock.advance(30_000)
  t.equal((await leased(pool)).port, 20_000)
  t.same(told, [['blocked', 20_000], ['blocked', 20_000], ['unblocked', 20_000]])
})

t.test('a lease whose port turned out to be taken is blocked by its holder', async t => {
  const { pool } = poolOf(1)
  const lease = await leased(pool)
  lease.block('address in use')
  t.same(pool.counts(), { free: 0, leased: 0, resting: 0, blocked: 1 })
})

t.test('a closed pool sends everybody away', async t => {
  const { pool, clock } = poolOf(1)
  ;(await leased(pool)).release()
  const waiting = pool.take(never)
  await settle()
  pool.close()
  pool.close()
  t.equal(await waiting, undefined)
  t.equal(await pool.take(never), undefined)
  t.equal(clock.pending, 0)
})

t.test('a blocked port is told when it may be tried again, and by a closed pool no more', async t => {
  const { pool, clock } = poolOf(2)
  const [first, second] = [await leased(pool), await leased(pool)]
  const told: number[] = []
  pool.on('returned', ({ port }) => { told.push(port) })
  first.block('test')
  await clock.advance(30_000)
  t.same(told, [20_000, 20_000])
  pool.close()
  second.block('test')
  t.equal(clock.pending, 0)
})

t.test('whatever happens, every port is in exactly one place', async t => {
  const { pool, clock, taken } = poolOf(8)
  let seed = 7
  const random = (below: number) => { seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648; return seed % below }
  const held: PortLease[] = []
  for (let step = 0; step < 2_000; step++) {
    const dice = random(6)
    if (dice < 2) {
      const caller = new AbortController()
      const asking = pool.take(caller.signal)
      await settle()
      caller.abort()
      const lease = await asking
      if (lease !== undefined) held.push(lease)
    } else if (dice === 2) held.splice(random(held.length + 1), 1)[0]?.release()
    else if (dice === 3) held.splice(random(held.length + 1), 1)[0]?.block('x')
    else if (dice === 4) taken.has(20_003) ? taken.clear() : taken.add(20_000 + random(8))
    else await clock.advance(random(9_000))
    const { free, leased, resting, blocked } = pool.counts()
    if (free + leased + resting + blocked !== 8 || leased !== held.length || new Set(held.map(lease => lease.port)).size !== held.length) t.fail(`step ${step}`)
  }
  t.pass('2,000 random steps')
})
