import t from 'tap'
import { GpuPool } from '../../src/sessions/gpu-pool.ts'

t.test('the GPU with the fewest sessions is next, the lowest of several', async t => {
  const pool = new GpuPool(3)
  const leases = Array.from({ length: 4 }, () => pool.take())
  t.same(leases.map(lease => lease?.index), [0, 1, 2, 0])
  leases[2]?.release()
  t.equal(pool.take()?.index, 2)
  t.equal(pool.take()?.index, 1)
  t.same(pool.counts(), [2, 2, 1])
})

t.test('given back twice is given back once', async t => {
  const pool = new GpuPool(2)
  const lease = pool.take()
  pool.take()
  lease?.release()
  lease?.release()
  t.same(pool.counts(), [0, 1])
})

t.test('without GPUs to choose from nothing is given out', async t => {
  const pool = new GpuPool(0)
  t.equal(pool.take(), undefined)
  t.same(pool.counts(), [])
})
