import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { keys } from '../../src/official/keys.ts'
import { portIsFree, portRange, processesWithArgument } from '../fixtures/leak-check.ts'
import { comesTrue, within } from '../fixtures/slipway.ts'
import { untap } from '../fixtures/untap.ts'
import { asking } from './support/requests.ts'

const packageDir = fileURLToPath(new URL('../..', import.meta.url))
const startup = join(packageDir, 'lib', 'Startup.js')
const fakeServer = join(packageDir, 'test', 'fixtures', 'fake-sc-server')
const seats = 200

interface Site {
  folder: string
  /** The spawn server's port; those of the stream servers follow. */
  port: number
  /** Writes a configuration file as an embedding product generates it and answers its path. */
  write: (changes?: Record<string, unknown>, name?: string) => string
}

/** A folder with an installation: models, a licence and a stand-in for ts3d_sc_server, whose folder has no SpawnerTypes. */
async function site (t: Test, program = `exec "${process.execPath}" "${fakeServer}" "$@"`): Promise<Site> {
  untap()
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-official-')))
  t.teardown(async () => {
    const left = processesWithArgument(folder)
    for (const pid of left) process.kill(pid, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
    if (left.length > 0) throw new Error(`processes were left: ${left.join()}`)
  })
  mkdirSync(join(folder, 'hoops', 'models'), { recursive: true })
  mkdirSync(join(folder, 'configs'))
  writeFileSync(join(folder, 'hoops', 'ts3d_sc_server'), `#!/bin/sh\n${program}\n`, { mode: 0o755 })
  writeFileSync(join(folder, 'hoops', 'licence.txt'), 'a licence\n')
  const port = await portRange(seats + 1)
  return {
    folder,
    port,
    write: (changes = {}, name = 'Config.js') => {
      const config = {
        spawnServerPort: port,
        publicHostname: null,
        spawnMaxSpawnCount: seats,
        spawnWebsocketPortsBegin: port + 1,
        spawnLivelinessReportIntervalTime: 5,
        spawnInitialUseDuration: 60,
        csrEnabled: true,
        ssrEnabled: true,
        ssrUseEgl: true,
        disableConsoleEnterToShutdown: true,
        communicatorDir: '../../../hoops',
        streamCacheExeFile: 'ts3d_sc_server',
        modelDirs: ['models', 'absent'],
        workspaceDir: join(folder, 'workspace'),
        logDir: join(folder, 'logs'),
        fileServerPort: 0,
        licenseFile: './licence.txt',
        license: null,
        ...changes
      }
      const path = join(folder, 'configs', name)
      writeFileSync(path, `const types = require(${JSON.stringify(join(folder, 'sdk', 'server', 'node', 'lib', 'SpawnerTypes'))})
module.exports = Object.assign({
  ipVersion: types.IPVersion.Auto,
  logConsoleLevelCutoff: types.LogLevel.Info,
  logSpawnFileCategoryMask: types.LogSpawnCategory.All,
  logRestFilterRegex: /POST.*liveliness=ping/
}, ${JSON.stringify(config)})\n`)
      return path
    }
  }
}

/** Runs Startup.js as embedding products do, with an environment that says nothing of Slipway. */
function start (t: Test, cwd: string, args: string[], program = startup) {
  const child = spawn(process.execPath, ['--expose-gc', program, ...args], { cwd, env: { PATH: process.env['PATH'] }, stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT')
    await within(ended, () => `it did not end: ${stderr}`)
  })
  return {
    stdin: child.stdin,
    out: () => stdout,
    err: () => stderr,
    ready: async () => { await comesTrue(`it is ready: ${stderr}`, () => stderr.includes('Slipway is ready') || child.exitCode !== null) },
    end: async (signal?: NodeJS.Signals) => {
      if (signal !== undefined) child.kill(signal)
      return await within(ended, () => `it did not end: ${stderr}`)
    }
  }
}

const askForViewer = async (port: number, body: Record<string, unknown>) =>
  await asking(`http://127.0.0.1:${port}/api/spawn`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

t.test('an embedding product starts it, asks for a viewer, looks at its status and stops it, all as it always did', async t => {
  const { folder, port, write } = await site(t)
  const service = start(t, tmpdir(), ['--config-file', write()])
  await service.ready()
  t.notMatch(service.err(), 'not supported yet: ssrUseEgl')
  t.match(service.err(), `modelDirs: ${join(folder, 'hoops', 'absent')} is not there; it is left out`)

  const { status, body } = await askForViewer(port, { class: 'csr_session' })
  t.equal(status, 200, JSON.stringify(body))
  t.match(body, { result: 'ok', serviceId: String, endpoints: { ws: `ws://127.0.0.1:${port + 1}` } })
  const ssr = await askForViewer(port, { class: 'ssr_session' })
  t.match(ssr.body, { result: 'ok', endpoints: { ws: `ws://127.0.0.1:${port + 2}` } })

  t.match((await asking(`http://127.0.0.1:${port}/api/status`)).body, { status: 'ok', ready: 2, dead: 0, usedSpawnPorts: 2, availableSpawnPorts: seats - 2 })
  const [pid = NaN] = processesWithArgument(String(body['serviceId']))
  const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  const after = (flag: string) => args[args.indexOf(flag) + 1]
  t.equal(after('--license-file'), join(folder, 'hoops', 'licence.txt'))
  t.equal(after('--model-search-directories'), join(folder, 'hoops', 'models'))
  t.equal(after('--workspace-dir'), join(folder, 'workspace'))
  t.equal(after('--initial-use-duration'), '60')

  t.equal(await service.end('SIGTERM'), 0)
  t.same(processesWithArgument(folder), [], 'no stream server outlives it')
  for (const freed of [port, port + 1, port + 2]) t.ok(await portIsFree(freed))
})

t.test('without a file it takes the one in the working directory, UserConfig.js before Config.js', async t => {
  const { folder, port, write } = await site(t)
  write({ publicHostname: 'shipped.test' })
  write({ publicHostname: 'user.test' }, 'UserConfig.js')
  const service = start(t, join(folder, 'configs'), [])
  await service.ready()
  t.match((await askForViewer(port, {})).body, { endpoints: { ws: `ws://user.test:${port + 1}` } })
  t.equal(await service.end('SIGTERM'), 0)
})

t.test('Enter on the console stops it, unless the file says otherwise; a console that is closed does not', async t => {
  const { port, write, folder } = await site(t)
  const alive = async () => (await asking(`http://127.0.0.1:${port}/healthz`)).status
  const listening = start(t, folder, ['-c', write({ disableConsoleEnterToShutdown: null })])
  await listening.ready()
  listening.stdin.write('\n')
  t.equal(await listening.end(), 0)

  const deaf = start(t, folder, ['-c', write({ disableConsoleEnterToShutdown: true })])
  await deaf.ready()
  deaf.stdin.write('\n')
  t.equal(await alive(), 200)
  t.equal(await deaf.end('SIGTERM'), 0)

  const closed = start(t, folder, ['-c', write({ disableConsoleEnterToShutdown: false })])
  closed.stdin.end()
  await closed.ready()
  await askForViewer(port, {})
  t.equal(await alive(), 200)
  t.equal(await closed.end('SIGTERM'), 0)
})

t.test('every key wrong at once: a line for each, exit code 2, and nothing is bound', async t => {
  const { folder, port, write } = await site(t)
  const wrong = Object.fromEntries(keys.map(({ name }) => [name, { wrong: true }]))
  const service = start(t, folder, ['-c', write({ ...wrong, logRestFilterRegex: 'text' })])
  t.equal(await service.end(), 2)
  const lines = service.err().split('\n').filter(line => line.startsWith('  - '))
  t.same(lines.map(line => /^ {2}- (\w+): expected /.exec(line)?.[1]), keys.map(({ name }) => name))
  t.ok(await portIsFree(port))
})

t.test('one key that is wrong: one line, exit code 2', async t => {
  const { folder, write } = await site(t)
  for (const [name, value, words] of [
    ['spawnServerPort', '11182', "expected a whole number from 1 to 65535, got '11182'"],
    ['modelDirs', 'models', "expected a list of folders, none with \";\" in its name, got 'models'"],
    ['logConsoleLevelCutoff', 'Info', "expected one of LogLevel.Error, LogLevel.Warn, LogLevel.Info, LogLevel.Verbose, LogLevel.Debug, or null, got 'Info'"]
  ] as const) {
    const service = start(t, folder, ['-c', write({ [name]: value })])
    t.equal(await service.end(), 2)
    t.same(service.err().split('\n').filter(line => /^ {2}- [^(]/.test(line)), [`  - ${name}: ${words}`])
  }
})

t.test('a program, a licence file or a workspace that cannot be used is told with the official key', async t => {
  const { folder, write } = await site(t)
  const service = start(t, folder, ['-c', write({ streamCacheExeFile: 'nowhere', licenseFile: 'nowhere.txt' })])
  t.equal(await service.end(), 2)
  t.match(service.err(), `  - streamCacheExeFile (SLIPWAY_STREAM_SERVER): ${join(folder, 'hoops', 'nowhere')} is not an executable file`)
  t.match(service.err(), `  - licenseFile (SLIPWAY_LICENSE_FILE): ${join(folder, 'hoops', 'nowhere.txt')} cannot be read`)
})

t.test('a mistake in the file is told with its line', async t => {
  const { folder } = await site(t)
  const path = join(folder, 'configs', 'Config.js')
  for (const [text, words] of [['module.exports = {\n  a: 1\n  b: 2 }', ':3: SyntaxError: '], ['\nrequire("./missing")', ":2: Error: Cannot find module './missing'"]] as const) {
    writeFileSync(path, text)
    const service = start(t, folder, ['-c', path])
    t.equal(await service.end(), 2)
    t.match(service.err(), `  - ${path}${words}`)
  }
})

t.test('the text of a licence is the last argument, and stays out of the log even when the stream server repeats it', async t => {
  const { folder, port, write } = await site(t, 'echo "invalid license: $*" >&2; for last; do :; done; echo "$last" >"$0.last"; exit 6')
  const service = start(t, folder, ['-c', write({ licenseFile: null, license: 'the+very$secret' })])
  await service.ready()
  t.match(await askForViewer(port, {}), { status: 500, body: { reason: /invalid license/ } })
  t.equal(readFileSync(join(folder, 'hoops', 'ts3d_sc_server.last'), 'utf8'), 'the+very$secret\n')
  t.equal(await service.end('SIGTERM'), 0)
  t.match(service.out(), /invalid license: .*<hidden>/)
  t.notMatch(service.out() + service.err(), 'the+very$secret')
})

t.test('it says its version, and what to do when it is not built', async t => {
  const version = start(t, tmpdir(), ['--version'])
  t.equal(await version.end(), 0)
  t.match(version.out(), /^\d+\.\d+\.\d+\n$/)

  const { folder } = await site(t)
  cpSync(join(packageDir, 'lib'), join(folder, 'lib'), { recursive: true })
  t.notOk(existsSync(join(folder, 'dist')))
  const unbuilt = start(t, folder, [], join(folder, 'lib', 'Startup.js'))
  t.equal(await unbuilt.end(), 2)
  t.match(unbuilt.err(), /it is not built: .* run npm run build/)
})
