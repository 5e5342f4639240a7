import t from 'tap'
import { settle } from '../fixtures/fake-clock.ts'
import { spawnerStage } from '../fixtures/spawner-stage.ts'
import { LoadGate, type Readings } from '../../src/load/load-gate.ts'

const off = { closes: 0, opens: 0 }
const calm: Readings = { memory: 50, cpu: 0, loop: 0 }

function stage (levels: Partial<ConstructorParameters<typeof LoadGate>[0]>) {
  const gate = new LoadGate({ memory: off, cpu: off, loop: off, ...levels })
  const told: string[] = []
  gate.on('closed', ({ reason }) => { told.push(reason) })
  gate.on('opened', () => { told.push('opened') })
  return { gate, told, takes: (changes: Partial<Readings>) => { gate.take({ ...calm, ...changes }); return gate.closed } }
}

t.test('it closes at one level and opens at another', async t => {
  const { takes, told } = stage({ memory: { closes: 10, opens: 15 }, cpu: { closes: 80, opens: 60 } })
  t.same([12, 9.9, 10, 14.9, 15, 12].map(memory => takes({ memory })), [null, 'memory_low', 'memory_low', 'memory_low', null, null])
  t.same([80, 81, 61, 60].map(cpu => takes({ cpu })), [null, 'cpu_busy', 'cpu_busy', null])
  t.same(told, ['memory_low', 'opened', 'cpu_busy', 'opened'])
})

t.test('it opens when all causes are gone, and names the first that is left', async t => {
  const { takes, told } = stage({ memory: { closes: 10, opens: 15 }, loop: { closes: 200, opens: 100 } })
  t.equal(takes({ loop: 300 }), 'event_loop_slow')
  t.equal(takes({ loop: 150, memory: 5 }), 'event_loop_slow', 'the first cause stays as long as it lasts')
  t.equal(takes({ loop: 50, memory: 12 }), 'memory_low')
  t.equal(takes({}), null)
  t.same(told, ['event_loop_slow', 'memory_low', 'opened'])
})

t.test('what is not looked at, or not known, keeps nobody out', async t => {
  const { gate, takes } = stage({})
  t.equal(gate.watches, false)
  t.equal(takes({ memory: 0, cpu: 100, loop: 60_000 }), null)
  const memory = stage({ memory: { closes: 10, opens: 15 } })
  t.equal(memory.gate.watches, true)
  t.equal(memory.takes({ memory: 1 }), 'memory_low')
  t.equal(memory.takes({ memory: null }), null)
})

t.test('while it is closed nothing is started, and sessions that live go on', async t => {
  const { gate, takes } = stage({ memory: { closes: 10, opens: 15 } })
  const { spawner, request, ready, launcher } = spawnerStage({ max: 4, gate })
  await ready()
  takes({ memory: 5 })
  t.match(await spawner.open(request()), { status: 'overloaded', reason: 'memory_low', retryAfter: 5 })
  t.equal(spawner.unready, 'memory_low')
  t.match(spawner.session('id-1'), { state: 'ready', reason: null })
  takes({ memory: 15 })
  t.equal(spawner.unready, null)
  void spawner.open(request())
  await settle()
  t.equal(launcher.orders.length, 2)
  await spawner.close()
})

t.test('where there is a line requests wait in it until the gate opens', async t => {
  const { gate, takes } = stage({ cpu: { closes: 80, opens: 60 } })
  const { spawner, request, report, launcher, clock } = spawnerStage({ max: 1, room: 2, gate })
  takes({ cpu: 90 })
  const first = spawner.open(request())
  const second = spawner.open(request())
  await settle()
  t.match(await spawner.open(request()), { status: 'overloaded', reason: 'cpu_busy' }, 'the line is full')
  t.equal(launcher.orders.length, 0)
  takes({ cpu: 10 })
  await settle()
  t.equal(launcher.orders.length, 1, 'no more than there are seats')
  report('id-1', 'ready')
  t.match(await first, { status: 'opened' })
  await spawner.close()
  t.match(await second, { status: 'draining' })
  t.equal(clock.pending, 0)
})

t.test('a session that was started ahead costs nothing more, so it is still given out; none is started in its place', async t => {
  const { gate, takes } = stage({ memory: { closes: 10, opens: 15 } })
  const { spawner, request, report, clock, launcher } = spawnerStage({ max: 4, gate, ahead: { csr: 1, ssr: 0 } })
  spawner.startAhead()
  await clock.advance(500)
  report('id-1', 'ready')
  await settle()
  takes({ memory: 5 })
  t.match(await spawner.open(request()), { status: 'opened', session: { id: 'id-1' } })
  await clock.advance(5_000)
  t.equal(launcher.orders.length, 1)
  takes({ memory: 50 })
  await clock.advance(1_000)
  t.equal(launcher.orders.length, 2)
  await spawner.close()
})
