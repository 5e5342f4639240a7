import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { portIsFree, portRange } from '../fixtures/leak-check.ts'
import { comesTrue, startSlipway, within } from '../fixtures/slipway.ts'
import { asking, askForViewer, openViewer } from './support/requests.ts'

interface Sample { metric: Record<string, string>, value: [number, string] }

/** A Prometheus that scrapes one address; ends with the test. */
async function prometheus (t: Test, target: string): Promise<{ query: (text: string) => Promise<Sample[]> }> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-prometheus-'))
  const port = await portRange(1)
  const config = join(folder, 'prometheus.yml')
  writeFileSync(config, `global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs:\n  - job_name: slipway\n    static_configs: [{ targets: ['${target}'] }]\n`)
  const child = spawn('/usr/bin/prometheus', [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGTERM')
    await within(ended, () => 'Prometheus does not end')
    rmSync(folder, { recursive: true, force: true })
    if (!await portIsFree(port)) throw new Error('Prometheus left its port')
  })
  const base = `http://127.0.0.1:${port}`
  await comesTrue('Prometheus is ready', async () => await fetch(`${base}/-/ready`).then(({ ok }) => ok, () => false))
  return {
    query: async text => {
      const { body } = await asking(`${base}/api/v1/query?query=${encodeURIComponent(text)}`)
      return (body['data'] as { result: Sample[] }).result
    }
  }
}

t.test('what the service exposes is well-formed and well-named', async t => {
  const slipway = await startSlipway(t)
  await openViewer(slipway)
  const { headers, text } = await fetch(`${slipway.url}/metrics`).then(async response => ({ headers: response.headers, text: await response.text() }))
  t.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  const { status, stdout, stderr } = spawnSync('/usr/bin/promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  t.equal(`${stdout}${stderr}`, '', 'promtool has nothing to say')
  t.equal(status, 0)
})

for (const [name, env, target] of [
  ['on the main port', {}, undefined],
  ['on a port of their own', { SLIPWAY_METRICS_PORT: String(await portRange(1)) }, 'SLIPWAY_METRICS_PORT']
] as const) {
  t.test(`Prometheus reads the metrics ${name}`, async t => {
    const slipway = await startSlipway(t, { ...env, SLIPWAY_MAX_SESSIONS: '3' })
    const { query } = await prometheus(t, `127.0.0.1:${target === undefined ? slipway.port : env[target]}`)
    await openViewer(slipway)
    const viewer = new WebSocket(`ws://127.0.0.1:${slipway.port}`)
    t.teardown(() => { viewer.terminate() })
    await once(viewer, 'open')
    t.equal((await askForViewer(slipway, { model: 'mode-exit-licence' })).status, 500)
    viewer.send('x'.repeat(1_000))
    await once(viewer, 'message')

    const value = async (text: string) => Number((await query(text))[0]?.value[1] ?? NaN)
    await comesTrue('Prometheus has scraped all of it', async () => await value('slipway_spawn_requests_total{outcome="start_failed",reason="licence"}') === 1 && await value('slipway_tunnel_bytes_total{direction="from_viewer"}') >= 1_000)
    t.equal(await value('up{job="slipway"}'), 1)
    t.equal(await value('sum(slipway_sessions{state=~"ready|connected"})'), 2)
    t.equal(await value('slipway_sessions{state="connected",renderer="csr"}'), 1)
    t.equal(await value('slipway_spawn_requests_total{outcome="opened"}'), 2)
    t.equal(await value('slipway_session_ends_total{reason="licence"}'), 1)
    t.equal(await value('slipway_child_exits_total{code="6"}'), 1)
    t.equal(await value('slipway_ports{state="leased"}'), 2)
    t.equal(await value('slipway_sessions_max'), 3)
    t.equal(await value('slipway_tunnel_connections'), 1)
    t.ok(await value('slipway_tunnel_bytes_total{direction="to_viewer"}') >= 1_000)
    t.ok(await value('slipway_liveliness_reports_total{kind="ready"}') >= 2)
    t.equal(await value('slipway_spawn_phase_seconds_count{phase="ready"}'), 2)
    t.ok(await value('histogram_quantile(0.5, sum by (le) (slipway_spawn_phase_seconds_bucket{phase="ready"}))') > 0)
    t.ok(await value('count(slipway_http_request_duration_seconds_count{route="/api/spawn",method="POST",status="500"})') >= 1)
  })
}

t.test('metrics can be switched off', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_METRICS: 'false' })
  t.equal((await asking(`${slipway.url}/metrics`)).status, 404)
})
