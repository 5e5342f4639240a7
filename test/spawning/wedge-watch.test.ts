import t from 'tap'
import { WedgeWatch } from '../../src/spawning/wedge-watch.ts'
import type { Diagnosis } from '../../src/spawning/diagnosis.ts'
import { WaitingLine } from '../../src/spawning/waiting-line.ts'
import { FakeClock, settle } from '../fixtures/fake-clock.ts'
import { spawnerStage } from '../fixtures/spawner-stage.ts'

/** A service that is stuck when told, and that being looked at frees, or not. */
function stage ({ helps = true } = {}) {
  const { spawner } = spawnerStage()
  const clock = new FakeClock()
  const service = { stuck: false, looks: 0, diagnosis: () => spawner.diagnosis(), unstick () { this.looks++; if (helps) this.stuck = false } }
  const alarms: Diagnosis[] = []
  const recovered: number[] = []
  const watch = new WedgeWatch(service, { clock, alarm: diagnosis => { alarms.push(diagnosis) }, recovered: milliseconds => { recovered.push(milliseconds) } })
  return { clock, service, alarms, recovered, watch }
}

t.test('a service where nobody waits in vain raises no alarm', async t => {
  const { clock, service, alarms } = stage()
  await clock.advance(5_000)
  service.stuck = true
  await clock.advance(3_000)
  service.stuck = false
  await clock.advance(60_000)
  t.same([alarms, service.looks], [[], 0])
})

t.test('a service that is wedged raises one alarm with all that is known, and looks again, which helps', async t => {
  const { clock, service, alarms, recovered, watch } = stage()
  service.stuck = true
  await clock.advance(9_999)
  t.equal(alarms.length, 0)
  await clock.advance(1)
  t.match(alarms, [{ waiting: 0, alive: 0, maxSessions: 2, starting: 0, obstacle: null, ports: { free: 2 } }])
  t.equal(service.looks, 1)
  t.same(recovered, [5_000])
  t.equal(watch.since, null)
  watch.close()
  t.equal(clock.pending, 0)
})

t.test('where looking again does not help it is wedged, until it is not', async t => {
  const { clock, service, alarms, recovered, watch } = stage({ helps: false })
  service.stuck = true
  const began = clock.now() + 5_000
  await clock.advance(30_000)
  t.equal(watch.since, began)
  t.equal(alarms.length, 1, 'said once')
  t.equal(service.looks, 5, 'and tried again and again')
  service.stuck = false
  await clock.advance(5_000)
  t.same(recovered, [30_000])
  t.equal(watch.since, null)
  watch.close()
})

t.test('a call that got lost is made good', async t => {
  const { spawner, request, ready, report, launcher, clock } = spawnerStage({ max: 1, room: 1 })
  await ready()
  const waiting = spawner.open(request())
  await settle()
  t.equal(spawner.stuck, false, 'every seat is taken: it waits with good reason')
  // The fault: the line is not called when the seat comes free.
  const { callNext } = WaitingLine.prototype
  let lost = true
  WaitingLine.prototype.callNext = function () { return lost ? false : callNext.call(this) }
  t.teardown(() => { WaitingLine.prototype.callNext = callNext })
  launcher.exit('id-1', { code: 0 })
  await settle()
  t.equal(spawner.stuck, true)
  t.match(spawner.diagnosis(), { waiting: 1, alive: 0, maxSessions: 1, starting: 0, obstacle: null, draining: false })
  const watch = new WedgeWatch(spawner, { clock, alarm: () => { lost = false }, recovered: () => {} })
  await clock.advance(12_000)
  t.equal(spawner.stuck, false)
  report('id-2', 'ready')
  t.match(await waiting, { status: 'opened' })
  watch.close()
  await spawner.close()
})
