import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { WebSocket } from 'ws'
import { origin, seal } from '../../src/history/chain.ts'
import { isAlive, processesWithArgument } from '../fixtures/leak-check.ts'
import { comesTrue, runSlipway, type Slipway } from '../fixtures/slipway.ts'
import { asking, askForViewer, openViewer, session, stopSession } from './support/requests.ts'
import { restartable } from './support/restartable.ts'
import { SessionFeed } from './support/session-feed.ts'

async function direct (port: number): Promise<WebSocket> {
  const viewer = new WebSocket(`ws://127.0.0.1:${port}`)
  await once(viewer, 'open')
  return viewer
}

async function echoes (viewer: WebSocket, text: string): Promise<boolean> {
  viewer.send(text)
  return String((await once(viewer, 'message'))[0]) === text
}

const history = async ({ url }: Slipway, id: string) => (await asking(`${url}/api/spawns/${id}/history`)).body['history'] as Array<Record<string, unknown>>
const steps = async (slipway: Slipway, id: string) => (await history(slipway, id)).map(({ to, by }) => `${to} ${by}`)

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  t.test(`a service that ends by ${signal} and is started again has its sessions, and their viewers on direct ports notice nothing`, async t => {
    const { start, launchers } = await restartable(t)
    const first = await start()
    const used = await openViewer(first, { model: 'engine' })
    const waiting = await openViewer(first)
    const viewer = await direct(used.port)
    await comesTrue('the viewer is seen', async () => (await session(first, used.serviceId))['state'] === 'connected')
    const before = await session(first, used.serviceId)
    const [launcher] = launchers()
    t.match(await first.stop(signal), signal === 'SIGTERM' ? { code: 0 } : { signal })
    if (signal === 'SIGTERM') t.match(await first.waitForLog(/leaving 2 sessions to the service that is started next/), { level: 30 })
    t.ok(isAlive(Number(before['pid'])))
    t.ok(await echoes(viewer, 'while there is no service'))

    const second = await start()
    t.match(await second.waitForLog(/of 2 sessions of the service that ran before 2 are taken over/), { adopted: 2, lost: 0 })
    t.same(launchers(), [launcher])
    const { id, port, pid, model, createdAt } = before
    t.match(await session(second, used.serviceId), { id, port, pid, model, createdAt, endedAt: null })
    t.ok(await echoes(viewer, 'and now there is one'))
    const feed = await SessionFeed.open(t, second)
    await feed.state(used.serviceId, 'connected')
    await feed.state(waiting.serviceId, 'ready')
    t.same(await steps(second, used.serviceId), ['adopted service', 'connected viewer'])
    t.match((await history(second, used.serviceId))[0], { from: null, to: 'adopted', by: 'service', port, pid, model })
    t.same(await steps(second, waiting.serviceId), ['adopted service', 'ready stream_server'])

    const more = [await openViewer(second), await openViewer(second)]
    t.equal(new Set([used.port, waiting.port, ...more.map(({ port }) => port)]).size, 4, 'no port is given twice')
    t.match(await askForViewer(second), { status: 503 }, 'and every seat is taken')
    viewer.close()
    t.match(await feed.end(used.serviceId), { state: 'stopped', reason: 'client_closed', exitCode: 0, port })
    const late = await direct(waiting.port)
    t.ok(await echoes(late, 'a viewer may still come'))
    await feed.state(waiting.serviceId, 'connected')
    late.close()
    t.match(await feed.end(waiting.serviceId), { reason: 'client_closed' })
    t.match(await second.stop('SIGINT'), { code: 0 })
    t.same(launchers(), [])
  })
}

t.test('whoever ended while there was no service gets an end and a reason; so does whoever nobody was told of', async t => {
  const { start } = await restartable(t)
  const first = await start()
  const [crashed, left, stays] = [await openViewer(first), await openViewer(first), await openViewer(first)]
  const viewer = await direct(left.port)
  const slow = askForViewer(first, { model: 'mode-slow-ready-10000' }).catch(() => 'cut off')
  const starting = await (await SessionFeed.open(t, first)).until('starting', ({ state }) => state === 'starting')
  await comesTrue('it runs', async () => (await session(first, starting.id))['pid'] !== null)
  const pidOf = async (id: string) => Number((await session(first, id))['pid'])
  const pids = { crashed: await pidOf(crashed.serviceId), left: await pidOf(left.serviceId), starting: await pidOf(starting.id) }
  await first.stop('SIGKILL')
  t.equal(await slow, 'cut off')
  process.kill(pids.crashed, 'SIGSEGV')
  viewer.close()
  await comesTrue('both are gone', () => !isAlive(pids.crashed) && !isAlive(pids.left))

  const second = await start()
  const feed = await SessionFeed.open(t, second)
  t.match(await feed.end(crashed.serviceId), { state: 'failed', reason: 'killed_by_signal', signal: 'SIGSEGV', pid: pids.crashed })
  t.match(await feed.end(left.serviceId), { state: 'stopped', reason: 'exited', exitCode: 0 })
  t.match(await feed.end(starting.id), { state: 'failed', reason: 'not_kept', pid: pids.starting })
  t.same(await steps(second, crashed.serviceId), ['adopted service', 'failed system'])
  t.notOk(isAlive(pids.starting))
  await feed.state(stays.serviceId, 'ready')
  t.match((await asking(`${second.url}/api/status`)).body, { usedSpawnPorts: 1 })
})

t.test('SIGTERM answers whoever is just being served, and the session is there after the restart', async t => {
  const { start } = await restartable(t)
  const first = await start()
  const asked = openViewer(first, { model: 'mode-slow-ready-700' })
  await (await SessionFeed.open(t, first)).until('starting', ({ state }) => state === 'starting')
  const ended = first.stop('SIGTERM')
  const { serviceId, port } = await asked
  t.match(await ended, { code: 0 })
  const second = await start()
  t.match(await session(second, serviceId), { port, endedAt: null })
  const viewer = await direct(port)
  t.ok(await echoes(viewer, 'here I am'))
  viewer.close()
})

t.test('a session that was taken over is stopped like any other, and over a second restart too', async t => {
  const { start } = await restartable(t)
  let slipway = await start()
  const { serviceId, port } = await openViewer(slipway)
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
    await slipway.stop(signal)
    slipway = await start()
    t.match(await session(slipway, serviceId), { port, endedAt: null }, signal)
  }
  t.match(await stopSession(slipway, serviceId), { status: 200, body: { state: 'stopped', reason: 'admin', port } })
  await slipway.stop('SIGKILL')
  const last = await start()
  t.match(await session(last, serviceId), { statusCode: 404 }, 'what has ended is not taken over')
})

t.test('without a service that returns nothing is left after the time', async t => {
  const { start, launchers } = await restartable(t, { SLIPWAY_KEEP_SESSIONS: '1' })
  const first = await start()
  const obeys = await openViewer(first)
  await openViewer(first, { model: 'mode-ignore-sigterm' })
  await openViewer(first, { model: 'mode-forks-a-grandchild' })
  await first.stop('SIGKILL')
  await comesTrue('no process is left', () => launchers().length === 0 && processesWithArgument(first.folder).length === 0)
  const late = await start()
  t.match(await late.waitForLog(/of 3 sessions of the service that ran before 0 are taken over/), { adopted: 0, lost: 3 })
  t.match(await session(late, obeys.serviceId), { state: 'failed', reason: 'not_kept' })
  await openViewer(late)
})

t.test('where the launcher was killed with the service, the next one ends what they left', async t => {
  const { start, launchers } = await restartable(t)
  const first = await start()
  const { serviceId } = await openViewer(first, { model: 'mode-ignore-sigterm' })
  const [launcher = 0] = launchers()
  const pid = Number((await session(first, serviceId))['pid'])
  await first.stop('SIGKILL')
  process.kill(launcher, 'SIGKILL')
  await comesTrue('the launcher is gone', () => !isAlive(launcher))
  const second = await start()
  // It may have ended by itself before, since nobody takes its output any more.
  t.match(await session(second, serviceId), { state: 'failed', reason: /^(owner_lost|not_kept)$/, pid })
  await comesTrue('and so is its child', () => !isAlive(pid))
  await openViewer(second)
})

t.test('SIGINT, and whoever asks by POST /api/shutdown, ends every session; without sessions SIGTERM leaves nothing either', async t => {
  const { start, launchers } = await restartable(t)
  const first = await start()
  await openViewer(first)
  await first.stop('SIGINT')
  t.same([...launchers(), ...processesWithArgument(first.folder)], [])
  const second = await start()
  await openViewer(second)
  t.equal((await asking(`${second.url}/api/shutdown`, { method: 'POST' })).status, 200)
  t.match(await second.ended, { code: 0 })
  t.same([...launchers(), ...processesWithArgument(second.folder)], [])
  const third = await start()
  await third.stop('SIGTERM')
  await comesTrue('the launcher has nothing to wait for', () => launchers().length === 0)
})

t.test('what stands in the way of taking over is said at the start, and nothing is lost by it', async t => {
  const { start, refused, state } = await restartable(t)
  const first = await start()
  const { serviceId } = await openViewer(first)
  t.match(await refused(), /^1 .*another service that runs keeps its sessions in .*SLIPWAY_STATE_DIR/s)
  t.match(await session(first, serviceId), { endedAt: null })
  await first.stop('SIGKILL')

  const taken = createServer(socket => { socket.destroy() }).listen(first.port, '127.0.0.1')
  await once(taken, 'listening')
  t.match(await refused(first.port), /^1 .*EADDRINUSE/s, 'after it had taken them over')
  taken.close()
  await once(taken, 'close')

  chmodSync(state, 0o755)
  t.match(await refused(), /^2 .*SLIPWAY_STATE_DIR: .* may be entered by others; chmod 700/s)
  chmodSync(state, 0o700)
  const journal = join(state, 'journal.jsonl')
  const text = readFileSync(journal, 'utf8')
  const { line } = seal({ event: 'journal', version: 99 }, origin)
  writeFileSync(journal, `${line}\n`)
  t.match(await refused(), /^2 .*SLIPWAY_STATE_DIR: .*journal.jsonl is of version 99, which this Slipway does not read/s)
  writeFileSync(journal, `${text}{"event":"sess`)
  const second = await start()
  t.match(await second.waitForLog(/the last line was never finished/), { level: 40 })
  t.match(await session(second, serviceId), { endedAt: null })
})

t.test('settings that contradict it are refused', async t => {
  const { code, stderr } = await runSlipway(t, { SLIPWAY_KEEP_SESSIONS: '60', SLIPWAY_PORT: '0', SLIPWAY_LAUNCHER: 'native' })
  t.equal(code, 2)
  t.match(stderr, /SLIPWAY_KEEP_SESSIONS and SLIPWAY_PORT: .*the same after a restart/)
  t.match(stderr, /SLIPWAY_KEEP_SESSIONS and SLIPWAY_LAUNCHER: the native launcher does not outlive/)
})

/** The commands of the procedure in docs/operations/upgrade.md, without what is said about them. */
const procedure = () => {
  const page = readFileSync(new URL('../../docs/operations/upgrade.md', import.meta.url), 'utf8')
  const block = /```sh\n( *kill -TERM[^]*?)```/.exec(page)?.[1] ?? ''
  return block.trim().split('\n').map(line => line.replace(/ +#.*$/, '').trim())
}

t.test('the upgrade procedure as it is documented: another installation takes over from the old one', async t => {
  const { start, home } = await restartable(t)
  const first = await start()
  const { serviceId, port } = await openViewer(first)
  const viewer = await direct(port)

  const [stop = '', wait = '', run, ...more] = procedure()
  t.same(more, [])
  const newer = join(home, 'slipway-new')
  const packageDir = fileURLToPath(new URL('../..', import.meta.url))
  for (const part of ['package.json', 'dist', 'public', 'models']) cpSync(join(packageDir, part), join(newer, part), { recursive: true })
  symlinkSync(join(packageDir, 'node_modules'), join(newer, 'node_modules'))
  await promisify(execFile)('/bin/sh', ['-ec', `${stop}\n${wait}`], { env: { ...process.env, pid: String(first.pid) } })
  t.match(await first.ended, { code: 0 })
  await first.waitForLog(/leaving 1 sessions to the service that is started next/)
  t.equal(run, 'node /opt/slipway-new/dist/src/server.js')
  const second = await start(join(newer, 'dist/src/server.js'))
  await second.waitForLog(/of 1 sessions of the service that ran before 1 are taken over/)
  t.match(await session(second, serviceId), { port, endedAt: null })
  t.ok(await echoes(viewer, 'nothing happened'))
  viewer.close()
  await (await SessionFeed.open(t, second)).end(serviceId)
})

t.test('the history of a session goes on over restarts where there is a file, and its crash is told with its command line', async t => {
  const { start } = await restartable(t, { SLIPWAY_HISTORY_FILE: join(t.testdir(), 'history.jsonl') })
  const first = await start()
  const { serviceId } = await openViewer(first, { sessionToken: 's3cret-token' })
  await first.stop('SIGTERM')
  const second = await start()
  await (await SessionFeed.open(t, second)).state(serviceId, 'ready')
  await second.stop('SIGTERM')
  const third = await start()
  const feed = await SessionFeed.open(t, third)
  await feed.state(serviceId, 'ready')
  t.same(await steps(third, serviceId), ['queued caller', 'starting service', 'ready stream_server', 'adopted service', 'ready stream_server', 'adopted service', 'ready stream_server'])
  process.kill(Number((await session(third, serviceId))['pid']), 'SIGSEGV')
  await feed.end(serviceId)
  const { command, timeline } = (await asking(`${third.url}/api/crashes/${serviceId}`)).body as { command: string[], timeline: unknown[] }
  t.ok(command.includes(serviceId))
  t.ok(command.includes('--sc-port'))
  t.notMatch(command.join(' '), /s3cret-token/)
  t.equal(timeline.length, 8)
})

t.test('whoever loads its page again after a restart has its seat by the token from before, and no second session', async t => {
  const { start } = await restartable(t, { SLIPWAY_MAX_SESSIONS: '1' })
  const first = await start()
  const { serviceId, reentry } = await openViewer(first, { reentry: true })
  await first.stop('SIGKILL')
  const second = await start()
  await (await SessionFeed.open(t, second)).state(serviceId, 'ready')
  t.match(await askForViewer(second), { status: 503 }, 'the only seat is taken')
  const again = await openViewer(second, { reentry: reentry?.token })
  t.match(await session(second, serviceId), { state: 'stopped', reason: 'client_closed' })
  t.not(again.serviceId, serviceId)
})

t.test('a model that is isolated stays so over a restart', async t => {
  const { start } = await restartable(t, { SLIPWAY_CRASH_LIMIT: '1' })
  const first = await start()
  const bad = 'mode-exit-code-03'
  t.match(await askForViewer(first, { model: bad }), { status: 500, body: { code: 'crashed' } })
  await first.stop('SIGKILL')
  const second = await start()
  t.match(await askForViewer(second, { model: bad }), { status: 422, body: { code: 'model_isolated' } })
  t.equal((await asking(`${second.url}/api/isolations/${bad}`, { method: 'DELETE' })).status, 200)
  await second.stop('SIGTERM')
  t.match(await askForViewer(await start(), { model: bad }), { status: 500, body: { code: 'crashed' } })
})
