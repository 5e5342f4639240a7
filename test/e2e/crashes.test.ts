import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { startSlipway } from '../fixtures/slipway.ts'
import { asking, askForViewer, openViewer } from './support/requests.ts'

t.test('a model that keeps crashing is kept from everybody for a while, and what happened can be read', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_CRASH_LIMIT: '2', SLIPWAY_CRASH_PAUSE: '2' })
  const bad = 'mode-exit-code-03'
  for (let time = 0; time < 2; time++) t.match(await askForViewer(slipway, { model: bad, sessionToken: 's3cret-token' }), { status: 500, body: { code: 'crashed' } })

  const refused = await askForViewer(slipway, { model: bad })
  t.match(refused, { status: 422, body: { status: 'failed', code: 'model_isolated', reason: 'This model keeps crashing its stream server' } })
  t.match(refused.headers.get('retry-after'), /^[12]$/)
  const browser = new WebSocket(`ws://127.0.0.1:${slipway.port}/?model=${bad}`, { origin: `http://127.0.0.1:${slipway.port}` })
  const [code, reason] = await once(browser, 'close') as [number, Buffer]
  t.equal(code, 4422)
  t.match(JSON.parse(String(reason)), { code: 'model_isolated', reason: /^This model keeps crashing its stream server; try again in [12] s$/ })
  const program = new WebSocket(`ws://127.0.0.1:${slipway.port}/?model=${bad}`)
  const [, response] = await once(program, 'unexpected-response')
  t.equal(response.statusCode, 422)
  t.match(response.headers['retry-after'], /^[12]$/)
  response.resume()
  await openViewer(slipway, { model: 'another' })
  const viewer = new WebSocket(`ws://127.0.0.1:${slipway.port}/?model=another`)
  await once(viewer, 'open')
  viewer.close()

  const { body } = await asking(`${slipway.url}/api/crashes`)
  t.match(body, { crashes: [{ model: bad, exitCode: 3, words: 'exit code 3: internal error', counts: true }, { model: bad }], groups: [{ model: bad, count: 2, lastWords: 'leaving with a code' }], isolated: [{ model: bad, crashes: 2, tried: false }] })
  const { id } = (body['crashes'] as Array<{ id: string }>)[0] ?? { id: '' }
  const dossier = await asking(`${slipway.url}/api/crashes/${id}`)
  t.match(dossier.body, { id, output: /leaving with a code/, timeline: [{ by: 'caller' }, { to: 'starting' }, { to: 'failed', by: 'stream_server', reason: 'crashed' }] })
  t.match((dossier.body['command'] as string[]).join(' '), `--session-token <hidden> --model-file ${bad}`)
  t.notMatch(JSON.stringify(dossier.body), /s3cret-token/)
  t.match(await (await fetch(`${slipway.url}/metrics`)).text(), /slipway_isolated_models 1\n[^]*slipway_crashes_total\{counts="true"\} 2\n/)

  let trial = await askForViewer(slipway, { model: bad })
  while (trial.status === 422) trial = await askForViewer(slipway, { model: bad })
  t.match(trial, { status: 500, body: { code: 'crashed' } }, 'after the pause one is let through')
  t.equal((await askForViewer(slipway, { model: bad })).status, 422, 'and it crashed')
  t.equal((await asking(`${slipway.url}/api/isolations/${bad}`, { method: 'DELETE' })).status, 200)
  t.equal((await askForViewer(slipway, { model: bad })).status, 500, 'somebody let it in again')
})
