import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { portRange } from '../fixtures/leak-check.ts'
import { runSlipway, startSlipway, type Ended } from '../fixtures/slipway.ts'
import { asking, askForViewer, openViewer, session } from './support/requests.ts'

function folder (t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'slipway-start-'))
  t.teardown(() => { rmSync(path, { recursive: true, force: true }) })
  return path
}

const bound = ({ log }: Ended) => log.some(({ msg }) => /listening/i.test(msg))

t.test('what would make every start fail is told at once, before anything is bound', async t => {
  const ended = await runSlipway(t, {
    SLIPWAY_STREAM_SERVER: '/nowhere/ts3d_sc_server', SLIPWAY_LICENSE_FILE: '/nowhere/licence', SLIPWAY_MODEL_DIRS: '/nowhere/models;/nowhere/else'
  })
  t.match(ended, { code: 2, signal: null })
  t.match(ended.stderr, /^slipway: cannot start:\n {2}- /)
  for (const words of ['SLIPWAY_STREAM_SERVER: /nowhere/ts3d_sc_server', 'SLIPWAY_LICENSE_FILE: /nowhere/licence', 'SLIPWAY_MODEL_DIRS: /nowhere/models', 'SLIPWAY_MODEL_DIRS: /nowhere/else']) {
    t.ok(ended.stderr.includes(words), words)
  }
  t.notOk(bound(ended))
})

t.test('a stream server that may not be run, or is a folder, is refused before the start', async t => {
  const path = folder(t)
  const file = join(path, 'file')
  writeFileSync(file, '#!/bin/sh\n')
  chmodSync(file, 0o644)
  for (const program of [file, path]) {
    const ended = await runSlipway(t, { SLIPWAY_STREAM_SERVER: program })
    t.equal(ended.code, 2)
    t.match(ended.stderr, new RegExp(`SLIPWAY_STREAM_SERVER: ${program} (is not an executable file|cannot be run)`))
    t.notOk(bound(ended))
  }
})

t.test('a stream server that vanishes later fails the request with words, and its return mends it', async t => {
  const slipway = await startSlipway(t)
  rmSync(slipway.streamServer)
  const { status, body } = await askForViewer(slipway)
  t.equal(status, 500)
  t.match(body, { status: 'failed', reason: `There is no file ${slipway.streamServer}. Check the executable's path.`, code: 'refused' })
  t.equal((await asking(`${slipway.url}/api/status`)).body['usedSpawnPorts'], 0)
  writeFileSync(slipway.streamServer, 'this is no program', { mode: 0o755 })
  t.match((await askForViewer(slipway)).body, { reason: /is not a program/, code: 'refused' })
})

t.test('every problem of the settings is told at once', async t => {
  const ended = await runSlipway(t, { SLIPWAY_PORTT: '1', SLIPWAY_PORT: 'many', SLIPWAY_PING_INTERVAL: '5', SLIPWAY_PING_TIMEOUT: '5' })
  t.equal(ended.code, 2)
  t.match(ended.stderr, /SLIPWAY_PORTT: there is no such setting; did you mean SLIPWAY_PORT\?/)
  t.match(ended.stderr, /SLIPWAY_PORT: expected a whole number from 0 to 65535, got "many"/)
  t.match(ended.stderr, /SLIPWAY_PING_TIMEOUT and SLIPWAY_PING_INTERVAL: the silence allowed \(5 s\)/)
  t.same(ended.log, [])
})

t.test('a port that somebody else has is named', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  for (const [env, words] of [
    [{ SLIPWAY_PORT: String(port) }, 'slipway: cannot start: '],
    [{ SLIPWAY_METRICS_PORT: String(port) }, `${port}`]
  ] as const) {
    const { code, stderr } = await runSlipway(t, env)
    t.equal(code, 1)
    t.ok(stderr.includes(words), stderr)
    t.match(stderr, /EADDRINUSE/)
  }
})

t.test('settings come from .env, from another file, and first of all from the environment', async t => {
  const cwd = folder(t)
  writeFileSync(join(cwd, '.env'), 'SLIPWAY_PUBLIC_HOST=from.dotenv\nSLIPWAY_PORT=1\n')
  writeFileSync(join(cwd, 'other.env'), 'SLIPWAY_PUBLIC_HOST="from.file"\n')
  const host = async (...args: string[]) => {
    const slipway = await startSlipway(t, {}, { cwd, args })
    const { endpoints } = await openViewer(slipway)
    await slipway.stop()
    return new URL(endpoints.ws).hostname
  }
  t.equal(await host(), 'from.dotenv')
  t.equal(await host('--env-file', 'other.env'), 'from.file')
  t.equal(await host('--env-file=other.env'), 'from.file')
})

t.test('a command line that makes no sense is refused, help and version are not', async t => {
  const missing = await runSlipway(t, {}, { args: ['--env-file', 'nowhere.env'] })
  t.not(missing.code, 0)
  t.match(missing.stderr, /nowhere\.env/)
  const unknown = await runSlipway(t, {}, { args: ['--prot', '1'] })
  t.equal(unknown.code, 2)
  t.match(unknown.stderr, /--prot.*Usage: slipway/s)
  for (const [arg, words] of [['--help', /Usage: slipway/], ['--version', /^\d+\.\d+\.\d+/]] as const) {
    const { code, log } = await runSlipway(t, {}, { args: [arg] })
    t.equal(code, 0)
    t.match(log.map(({ msg }) => msg).join('\n'), words)
  }
})

t.test('it runs from any folder, with nothing set, and serves its page, its model and its stream server', async t => {
  const cwd = folder(t)
  mkdirSync(join(cwd, 'public'))
  const slipway = await startSlipway(t, { SLIPWAY_STREAM_SERVER: '', SLIPWAY_WORKSPACE_DIR: '', SLIPWAY_LOG_DIR: '' }, { cwd })
  const page = await fetch(slipway.url)
  t.equal(page.status, 200)
  t.match(page.headers.get('content-type'), /^text\/html/)
  t.match(await page.text(), /Slipway/)
  t.match((await asking(`${slipway.url}/api/models`)).body, { streamServer: 'embedded', renderers: ['csr', 'ssr'], models: [{ name: 'drive-unit' }] })
  const { serviceId } = await openViewer(slipway, { model: 'drive-unit' })
  t.match(await session(slipway, serviceId), { state: 'ready', model: 'drive-unit' })
})

t.test('the sample is the embedded stream server\'s: another one without model folders has none', async t => {
  const slipway = await startSlipway(t)
  const { body } = await asking(`${slipway.url}/api/models`)
  t.equal(body['streamServer'], 'ts3d_sc_server')
  t.same(body['models'], [])
})

t.test('that files for browsers are served is said once, whatever serves them', async t => {
  const port = await portRange(1)
  const slipway = await startSlipway(t, { SLIPWAY_STATIC_DIRS: folder(t), SLIPWAY_FILE_SERVER_PORT: String(port) })
  t.equal(slipway.log.filter(({ msg }) => msg.startsWith('serving files for browsers')).length, 1)
})
