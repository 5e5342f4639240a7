import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import type { PickedMessage } from '../../src/stream-server/protocol.ts'
import { modelsFolder, programs } from './support/bundle.ts'
import { softwareDriver } from './support/painting-process.ts'
import { reports } from './support/reports.ts'
import { adapters, disguised, folderBeside, lostWhenAsked } from './support/stand-in-webgpu.ts'
import { TestViewer, camera } from './support/viewer.ts'
import { Watcher } from './support/watcher.ts'

const folder = await mkdtemp(join(tmpdir(), 'stream-server-'))
t.teardown(() => rm(folder, { recursive: true }))
const { main } = await programs()

interface Run {
  child: ChildProcess
  ended: Promise<{ code: number | null, stdout: string, stderr: string }>
  /** The port it listens on, or a rejection when it ends before. */
  port: Promise<number>
}

/** Runs the bundled program with an empty environment, or this one. */
function run (t: Test, args: string[], env: Record<string, string> = {}, program = main): Run {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
  let stdout = ''
  let stderr = ''
  let listening = (_: number) => {}
  const port = new Promise<number>(resolve => { listening = resolve })
  child.stdout.on('data', bytes => {
    stdout += String(bytes)
    const said = /listening on .*:(\d+)/.exec(stdout)
    if (said) listening(Number(said[1]))
  })
  child.stderr.on('data', bytes => { stderr += String(bytes) })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }))
  t.teardown(async () => { child.kill('SIGKILL'); await ended })
  return { child, ended, port }
}

const required = ['--id', 'one', '--sc-port', '0']

t.test('from start to end: ready, viewer, picture complete, farewell', async t => {
  const taken = await reports(t)
  const logFile = join(folder, 'one.log')
  const { ended, port } = run(t, [...required, '--liveliness-endpoint', taken.endpoint, '--model-search-directories', modelsFolder, '--workspace-dir', folder, '--log-file', logFile])
  await taken.until('ready')
  const viewer = await TestViewer.connect(`ws://127.0.0.1:${await port}/`)
  viewer.say({ type: 'open', model: 'drive-unit' })
  viewer.say(camera(1, [1.2, 0.9, 1.8], [0, 0.1, 0]))
  const scene = await viewer.scene()
  t.equal((await viewer.idle(1)).bytes, viewer.receivedBytes)
  t.equal(new Set(viewer.files.map(({ part }) => part)).size, scene.parts.length, 'an overview shows every part')
  viewer.socket.close()
  t.match(await ended, { code: 0, stderr: '' })
  t.match(taken.lines.at(-1), /one\?liveliness=disconnect/)
  t.match(await readFile(logFile, 'utf8'), /streaming "drive-unit"/)
})

for (const { what, args, code, painter } of [
  { what: 'a GPU is there it paints', args: [], code: disguised, painter: 'the GPU Real A' },
  { what: 'a GPU is there and none is wanted the rasterizer paints', args: ['--ssr-gpu-index', '0', '--ssr-gpu-index', 'none'], code: disguised, painter: 'the rasterizer: no GPU is wanted' },
  { what: 'the only GPU is software the rasterizer paints', args: [], code: `export * from ${JSON.stringify(import.meta.resolve('webgpu'))}`, painter: 'the rasterizer: SwiftShader Device (Subzero) is software, no GPU' },
  { what: 'the GPU that is asked for is not there the rasterizer paints', args: ['--ssr-gpu-index', '3'], code: adapters('Real A'), painter: 'the rasterizer: there is no GPU 3 but 0: Real A' }
]) {
  t.test(`where ${what}, the log says so, and it ends well in the middle of a picture`, async t => {
    const program = join(await folderBeside(t, code), 'main.mjs')
    const { ended, port } = run(t, [...required, '--ssr', 'true', ...args, '--model-search-directories', modelsFolder, '--workspace-dir', folder], softwareDriver(), program)
    const viewer = new Watcher(`ws://127.0.0.1:${await port}/`)
    await once(viewer.socket, 'open')
    viewer.say({ type: 'open', model: 'drive-unit' })
    const look = (seq: number) => { viewer.say({ ...camera(seq, [1.2, 0.9, 1.8 + seq / 10], [0, 0.1, 0]), width: 640, height: 360, background: 0xffffff }) }
    look(1)
    await viewer.complete(1)
    look(2)
    viewer.close()
    const { code: exitCode, stdout } = await ended
    t.equal(exitCode, 0)
    t.same(stdout.split('\n').filter(line => line.includes('pictures come from')).map(line => line.replace(/^\S+ /, '')), [`pictures come from ${painter}`])
  })
}

t.test('a GPU that is lost while nothing moves: the picture is painted anew, and can be asked again', async t => {
  const program = join(await folderBeside(t, lostWhenAsked), 'main.mjs')
  const { port } = run(t, [...required, '--ssr', 'true', '--model-search-directories', modelsFolder, '--workspace-dir', folder], softwareDriver(), program)
  const viewer = new Watcher(`ws://127.0.0.1:${await port}/`)
  await once(viewer.socket, 'open')
  viewer.say({ type: 'open', model: 'drive-unit' })
  viewer.say({ ...camera(1, [1.2, 0.9, 1.8], [0, 0.1, 0]), width: 320, height: 180, background: 0xffffff })
  const before = await viewer.complete(1)
  const ask = async (id: number) => {
    viewer.say({ type: 'pick', id, x: 0.5, y: 0.5 })
    return await viewer.until(() => viewer.messages.find((message): message is PickedMessage => message.type === 'picked' && message.id === id))
  }
  const pictures = viewer.pictures.length
  t.equal((await ask(1)).instance, -1)
  const after = await viewer.until(() => viewer.pictures.slice(pictures).find(({ frame }) => frame.complete))
  t.equal(after.frame.seq, 1)
  t.equal(after.colors.length, before.colors.length)
  t.ok((await ask(2)).instance >= 0)
  viewer.close()
})

t.test('a bad command line is told on stderr, all of it, with exit code 2', async t => {
  t.match(await run(t, ['--sc-port', 'x', '--shape', 'round']).ended, { code: 2, stdout: '', stderr: '--sc-port must be a port, 0 to 65535, not "x"\n--shape is not an option\n--id is required\n' })
  t.match(await run(t, [...required, '--csr', 'false']).ended, { code: 2, stderr: /needs --ssr true/ })
  t.match(await run(t, [...required, '--ssl-certificate-file', '/no/c', '--ssl-private-key-file', '/no/k']).ended, { code: 2, stderr: /ENOENT/ })
})

t.test('help and version', async t => {
  t.match(await run(t, ['--help']).ended, { code: 0, stdout: /--liveliness-endpoint/ })
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
  t.match(await run(t, ['--version']).ended, { code: 0, stdout: `${version}\n` })
})

t.test('an address in use has an exit code of its own', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => { taken.close() })
  const { port } = taken.address() as AddressInfo
  t.match(await run(t, ['--id', 'two', '--sc-port', String(port)]).ended, { code: 10, stderr: `address in use: 127.0.0.1:${port}\n` })
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} closes the viewer, says farewell and ends well`, async t => {
    const taken = await reports(t)
    const { child, ended, port } = run(t, [...required, '--liveliness-endpoint', taken.endpoint])
    const viewer = await TestViewer.connect(`ws://127.0.0.1:${await port}/`)
    child.kill(signal)
    t.match(await viewer.closed, { code: 1001 })
    t.match(await ended, { code: 0 })
    t.match(taken.lines.at(-1), /disconnect/)
  })
}

t.test('it ends by itself when nobody comes', async t => {
  t.match(await run(t, [...required, '--initial-use-duration', '0.05']).ended, { code: 0, stdout: /no viewer came/ })
})

t.test('it ends by itself when nobody watches it any more', async t => {
  t.match(await run(t, [...required, '--liveliness-endpoint', 'http://127.0.0.1:1/']).ended, { code: 1, stdout: /nobody takes the reports/ })
})

t.test('its viewer leaves during preparation: nothing is left running', async t => {
  const workspace = await mkdtemp(join(folder, 'w-'))
  const { ended, port } = run(t, [...required, '--model-search-directories', modelsFolder, '--workspace-dir', workspace])
  const viewer = await TestViewer.connect(`ws://127.0.0.1:${await port}/`)
  viewer.say({ type: 'open', model: 'drive-unit' })
  await viewer.until(() => viewer.messages[0])
  viewer.close()
  t.match(await ended, { code: 0 })
  // One that leaves early enough leaves before there is a folder.
  t.same(existsSync(join(workspace, 'packs')) ? await readdir(join(workspace, 'packs')) : [], [], 'nor lying about')
})
