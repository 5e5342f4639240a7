import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { startSlipway } from '../fixtures/slipway.ts'
import { footprintOf, grown, nodeArgs, slack, type Footprint } from './footprint.ts'

t.test('a service that takes more than before is found', async t => {
  const slipway = await startSlipway(t, {}, { nodeArgs })
  const before = await footprintOf(slipway)
  t.match(before.processes, [{ what: 'the service' }, { what: 'the launcher' }])
  const held = Array.from({ length: 10 }, () => connect({ port: slipway.port, host: '127.0.0.1' }))
  t.teardown(() => { for (const socket of held) socket.destroy() })
  await Promise.all(held.map(socket => once(socket, 'connect')))
  t.match(grown(before, await footprintOf(slipway)), [/^the service has \d+ descriptors, and had \d+$/])
})

t.test('what comes and goes is let pass, and nothing above it', async t => {
  const before: Footprint = { heap: 20_000_000, processes: [{ what: 'the service', memory: 100_000_000, descriptors: 20 }, { what: 'the launcher', memory: 50_000_000, descriptors: 20 }] }
  const after = (heap: number, memory: number, descriptors: number): Footprint =>
    ({ heap: before.heap + heap, processes: before.processes.map(each => ({ ...each, memory: each.memory + memory, descriptors: each.descriptors + descriptors })) })
  t.same(grown(before, after(slack.heap, slack.resident, 0)), [])
  t.match(grown(before, after(slack.heap + 1, 0, 0)), [/^the heap of the service has grown by 4.0 MiB$/])
  t.match(grown(before, after(0, slack.resident + 1, 0)), [/^the service has grown by 24.0 MiB$/, /^the launcher has grown/])
  t.match(grown(before, after(0, 0, 1)), [/^the service has 21 descriptors, and had 20$/, /^the launcher has 21/])
})
