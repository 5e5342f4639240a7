import t from 'tap'
import { readReportLine } from '../../src/status/report-line.ts'

t.test('the form that stream servers use', async t => {
  const id = '0d9ac8ef-6ee9-4d9b-91c4-4ad4a0b1cd2f'
  const silent = { viewers: null, idle: null }
  for (const [target, report] of [
    [`/api/spawns/${id}?liveliness=ready`, { kind: 'ready', ...silent }],
    [`/api/spawns//${id}?liveliness=ping`, { kind: 'ping', ...silent }],
    [`/api/spawns/${id}?liveliness=ping&viewers=1&idle=2&model=drive%20unit`, { kind: 'ping', viewers: 1, idle: 2_000, model: 'drive unit' }],
    [`/api/spawns/${id}?liveliness=disconnect`, { kind: 'disconnect', ...silent }]
  ] as const) t.same(readReportLine(target), { id, report }, target)
})

t.test('anything else is for others to read', async t => {
  for (const target of [
    '/api/spawns', '/api/spawns/', '/api/spawns/x', '/api/spawns/x?liveliness=dead', '/api/spawns/x?LIVELINESS=ping', '/api/spawns/x/y?liveliness=ping', '/api/spawns///x?liveliness=ping',
    '/api/spawns/a%2Fb?liveliness=ping', '/api/spawns/x?liveliness=ping#f', '/api/spawns/x?viewers=1&liveliness=ping', '/cad/api/spawns/x?liveliness=ping', `/api/spawns/${'x'.repeat(65)}?liveliness=ping`,
    '/api/spawns/x?liveliness=ping&viewers=<1>'
  ]) t.equal(readReportLine(target), undefined, target)
})
