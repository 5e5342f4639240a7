import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { portIsFree, portRange, processesWithArgument } from '../fixtures/leak-check.ts'
import { untap } from '../fixtures/untap.ts'
import { fakeServer, waitUntil } from './contract.ts'

untap()

/** A service that only listens to reports, and one fake server that reports to it. */
async function play (t: Test, mode: string, { args = [] as string[], doubledSlash = false } = {}) {
  const reports: string[] = []
  const service = createServer((request, response) => {
    reports.push(`${request.method} ${request.url}`)
    response.end()
  }).listen(0, '127.0.0.1')
  await once(service, 'listening')
  const port = await portRange(1)
  const id = `fake-${process.pid}-${port}`
  const base = `http://127.0.0.1:${(service.address() as AddressInfo).port}/api/spawns${doubledSlash ? '/' : ''}`
  const child = spawn(process.execPath, [fakeServer, '--id', id, '--sc-port', String(port), '--liveliness-endpoint', base,
    '--liveliness-update-frequency', '0.05', `--model-file=mode-${mode}`, '--csr', 'true', '--license', 'text', ...args], { env: {} })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const exit = once(child, 'close')
  t.teardown(() => {
    child.kill('SIGKILL')
    service.close()
    service.closeAllConnections()
  })
  return {
    id,
    port,
    child,
    reports,
    /** Resolves once there are this many reports of a kind. */
    report: async (kind: string, count = 1) => { await waitUntil(() => reports.filter(report => report === `POST /api/spawns/${id}?liveliness=${kind}`).length >= count) },
    /** The exit code, or the signal, and the output. */
    ended: async () => ({ code: (await exit)[0] as number | null, signal: (await exit)[1] as string | null, output })
  }
}

async function viewer (port: number, path = '/', protocols: string[] = []) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { perMessageDeflate: false })
  const first = once(socket, 'message')
  await once(socket, 'open')
  return { socket, first }
}

for (const [mode, code, words] of [
  ['crash-at-start', 1, /fake crash at start/],
  ['exit-0-before-ready', 0, /^$/],
  ['exit-licence', 6, /invalid license/],
  ['port-already-bound', 4, /address already in use/],
  ['no-such-mode', 2, /unknown mode/]
] as const) {
  t.test(`${mode}: it ends with ${code} before it was ready`, async t => {
    const { reports, ended } = await play(t, mode)
    const { code: found, output } = await ended()
    t.equal(found, code)
    t.match(output, words)
    t.same(reports, [])
  })
}

t.test('ready: it reports, echoes for one viewer, and ends when the viewer leaves', async t => {
  const { port, reports, report, ended } = await play(t, 'ready', { doubledSlash: true })
  await report('ready')
  await report('ping', 2)
  const { socket, first } = await viewer(port, '/hello/there?a=1', ['first', 'second'])
  t.equal(socket.protocol, 'first')
  t.match(JSON.parse(String((await first)[0])), { path: '/hello/there?a=1', protocol: 'first', headers: { connection: 'Upgrade' } })

  for (const length of [0, 1, 125, 126, 65_535, 65_536, 16 * 1024 * 1024]) {
    const sent = Buffer.alloc(length, length % 251)
    socket.send(sent)
    const [echo, binary] = await once(socket, 'message') as [Buffer, boolean]
    t.ok(binary && echo.equals(sent), `${length} bytes come back`)
  }
  socket.send('text ü')
  t.same((await once(socket, 'message')).map(String), ['text ü', 'false'])
  socket.ping('are you there')
  t.equal(String((await once(socket, 'pong'))[0]), 'are you there')

  const second = new WebSocket(`ws://127.0.0.1:${port}`)
  t.match((await once(second, 'error'))[0], { message: /503/ })
  socket.close(1000, 'bye')
  t.same((await once(socket, 'close')).map(String), ['1000', 'bye'])
  t.match(await ended(), { code: 0 })
  t.match(reports.at(-1), /disconnect$/)
  t.equal(reports.filter(line => line.endsWith('=ready')).length, 1)
  t.ok(await portIsFree(port))
})

t.test('nobody comes: it ends by itself', async t => {
  const { report, ended } = await play(t, 'ready', { args: ['--initial-use-duration', '0.3'] })
  await report('disconnect')
  t.match(await ended(), { code: 0 })
})

t.test('slow-ready: it is ready after its number of milliseconds', async t => {
  const { report, child } = await play(t, 'slow-ready-300')
  const [line] = await once(child.stdout, 'data') as [Buffer]
  const before = Date.now()
  t.match(String(line), /listening/)
  await report('ready')
  t.ok(Date.now() - before >= 250)
})

t.test('never-ready: it listens and says nothing', async t => {
  const { reports, child, ended } = await play(t, 'never-ready')
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  t.match(await ended(), { code: 0 })
  t.same(reports.filter(line => !line.endsWith('disconnect')), [])
})

t.test('crash-after-ready, double-ready, silent-after-ready', async t => {
  const crash = await play(t, 'crash-after-ready')
  t.match(await crash.ended(), { code: 3, output: /internal error/ })
  t.ok(crash.reports.some(line => line.endsWith('=ready')))
  const double = await play(t, 'double-ready')
  await double.report('ready', 2)
  const silent = await play(t, 'silent-after-ready', { args: ['--initial-use-duration', '0.4'] })
  await silent.ended()
  t.same(silent.reports.map(line => line.replace(/.*=/, '')), ['ready', 'disconnect'])
})

t.test('ignore-sigterm: only SIGKILL ends it', async t => {
  const { child, report, ended } = await play(t, 'ignore-sigterm')
  await report('ready')
  child.kill('SIGTERM')
  await report('ping', 3)
  child.kill('SIGKILL')
  t.match(await ended(), { signal: 'SIGKILL', output: /ignoring SIGTERM/ })
})

t.test('slow-exit: it obeys SIGTERM in its own time', async t => {
  const { child, report, ended } = await play(t, 'slow-exit-300')
  await report('ready')
  const before = Date.now()
  child.kill('SIGTERM')
  t.match(await ended(), { code: 0 })
  t.ok(Date.now() - before >= 250)
})

t.test('chatty: it is ready only if somebody takes more than a megabyte of output', async t => {
  const { child, report, ended } = await play(t, 'chatty')
  await report('ready')
  child.kill('SIGTERM')
  t.ok((await ended()).output.length > 1_000_000)
})

t.test('late-ping-after-kill: it speaks once after its end, and nothing of it stays', async t => {
  const { id, child, reports, report, ended } = await play(t, 'late-ping-after-kill', { args: ['--liveliness-update-frequency', '60'] })
  await report('ready')
  child.kill('SIGTERM')
  await ended()
  await report('ping')
  t.match(reports.at(-1), /ping$/)
  await waitUntil(() => processesWithArgument(id).length === 0)
})

t.test('port-already-bound with a number refuses that port only; a port really taken is refused too', async t => {
  const first = await play(t, 'port-already-bound-12000')
  await first.report('ready')
  const second = await play(t, 'ready', { args: ['--sc-port', String(first.port)] })
  t.match(await second.ended(), { code: 4, output: /address already in use/ })
  t.notOk(await portIsFree(first.port))
})
