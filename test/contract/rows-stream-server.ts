import { once } from 'node:events'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { processesWithArgument } from '../fixtures/leak-check.ts'
import { ask, endpointOf, enter, socketUrl, visit, type Row, type Target } from './contract.ts'
import { argumentsOf, environmentOf } from './process.ts'

/** What the official server says of the exit codes of `ts3d_sc_server`. */
const exitCodes = {
  1: 'unexpected exit',
  2: 'invalid command line argument',
  3: 'internal error',
  4: 'failed to initialize the stream-cache',
  5: 'failed to initialize the curl library',
  6: 'invalid license',
  7: 'invalid license file',
  8: 'service-respawn failed',
  9: 'unable to get service-respawn exit-code',
  77: 'unknown exit-code'
}

/** The stream server of a request that must be fulfilled. */
async function spawned (target: Target, body: unknown) {
  const answer = await ask(target, 'POST', '/api/spawn', body)
  const id = String(answer.body['serviceId'])
  const [pid = NaN] = processesWithArgument(id)
  return { id, pid, endpoint: endpointOf(answer) }
}

/** How stream servers are started, what their end means, ports, GPUs and logs: sections 4.1, 4.2 and 5. */
export const streamServerRows: readonly Row[] = [
  {
    section: '4.1',
    title: 'the command line of a stream server, in its order',
    official: 'id, sc-port, liveliness-endpoint, liveliness-update-frequency, model-search-directories, sc-verbose-logging, log-*, initial-use-duration, workspace-dir, session-token, model-file, csr or ssr, the licence last',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const config = { logSpawnFileCategoryMask: 15, logSpawnStdoutCategoryMask: 3, logSpawnUseDeltaTime: true, spawnInitialUseDuration: 45 }
      const folders = t.testdir({ models: { first: {} }, more: {} })
      const service = await target.start(t, { ...config, modelDirs: [`${folders}/models`, `${folders}/more`] }, { SLIPWAY_PING_INTERVAL: '7.5' })
      const { id, pid, endpoint } = await spawned(service, { params: { model: 'engine', sessionToken: 'a token', modelSearchDirectories: [`${folders}/models/first`] } })
      const args = argumentsOf(pid)
      const { folder } = service.slipway
      const logFile = String(args['--log-file'])
      const licence = String(args['--license-file'])
      t.same(Object.entries(args), Object.entries({
        '--id': id,
        '--sc-port': new URL(endpoint).port,
        '--liveliness-endpoint': `http://127.0.0.1:${service.slipway.port}/api/spawns/`,
        '--liveliness-update-frequency': '7.5',
        '--model-search-directories': [`${folders}/models/first`, `${folders}/models`, `${folders}/more`].join(';'),
        '--sc-verbose-logging': 'true',
        '--log-file': logFile,
        '--log-style-delta': 'true',
        '--log-file-category-mask': '15',
        '--log-stdout-category-mask': '3',
        '--initial-use-duration': '45',
        '--workspace-dir': join(folder, 'workspace'),
        '--session-token': 'a token',
        '--model-file': 'engine',
        '--csr': 'true',
        '--license-file': licence
      }))
      t.match(licence, /^\/.*\/licence\.txt$/)
      t.equal(dirname(logFile), join(folder, 'logs'))
      t.match(basename(logFile), new RegExp(`^comm_scserver_csr_\\d{4}(_\\d\\d){5}_${id}\\.log$`))
      for (const made of ['logs', 'workspace']) t.ok(existsSync(join(folder, made)), made)
      await visit(endpoint)
    }
  },
  {
    section: '4.1',
    title: 'server rendering is asked for alone, with the GPU that has the fewest viewers, and EGL',
    official: '`--ssr true` without `--csr`, `--ssr-gpu-index` with `ssrGpuCount`: ties to the lowest index; `--ssr-egl true` with `ssrUseEgl`',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const service = await target.start(t, { ssrGpuCount: 2, ssrUseEgl: true })
      const gpus: Array<string | undefined> = []
      for (let i = 0; i < 3; i++) {
        const args = argumentsOf((await spawned(service, { class: 'ssr_session' })).pid)
        t.match(args, { '--ssr': 'true', '--csr': undefined, '--ssr-egl': 'true' })
        gpus.push(args['--ssr-gpu-index'])
      }
      t.same(gpus, ['0', '1', '0'])
      const { pid } = await spawned(service, {})
      t.match(argumentsOf(pid), { '--csr': 'true', '--ssr': undefined, '--ssr-gpu-index': undefined, '--ssr-egl': undefined })
    }
  },
  {
    section: '4.1',
    title: 'the text of a licence is the last argument',
    official: '`--license` where there is no `--license-file`',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const service = await target.start(t, { license: 'the text', licenseFile: null })
      const { pid } = await spawned(service, {})
      t.same(Object.entries(argumentsOf(pid)).at(-1), ['--license', 'the text'])
    }
  },
  {
    section: '4.1',
    title: 'the environment of a stream server',
    official: '`LD_LIBRARY_PATH` and `DYLD_LIBRARY_PATH`, the folder of the program; `DISPLAY`, inherited or `:0`, unless EGL is used; nothing else',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const found = async (config: Record<string, unknown>, env: Record<string, string>, kind: string) => {
        const service = await target.start(t, config, env)
        const { pid } = await spawned(service, { class: kind })
        const libraries = dirname(service.slipway.streamServer)
        const { LD_LIBRARY_PATH: linux, DYLD_LIBRARY_PATH: mac, ...rest } = environmentOf(pid)
        t.same([linux, mac], [libraries, libraries])
        return rest
      }
      t.same(await found({}, { SECRET: 'x', SLIPWAY_CHILD_ENV: '' }, 'ssr_session'), { DISPLAY: ':0' })
      t.same(await found({}, { DISPLAY: ':7', HOME: '/home/x', SLIPWAY_CHILD_ENV: 'HOME' }, 'ssr_session'), { DISPLAY: ':7', HOME: '/home/x' })
      t.same(await found({ ssrUseEgl: true }, { DISPLAY: ':7' }, 'ssr_session'), {})
      t.same(await found({}, { DISPLAY: ':7' }, 'csr_session'), { DISPLAY: ':7' })
    }
  },
  {
    section: '4.1',
    title: 'stream servers work in the folder that the service was started in',
    official: 'the working directory of the server',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const { pid, endpoint } = await spawned(target, {})
      t.equal(readlinkSync(`/proc/${pid}/cwd`), target.slipway?.folder)
      await visit(endpoint)
    }
  },
  {
    section: '4.2',
    title: 'each exit code has its words',
    official: '1 to 9 as documented, `unknown exit-code` for others',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      for (const [code, words] of Object.entries(exitCodes)) {
        const { status, body } = await ask(target, 'POST', '/api/spawn', { params: { model: `mode-exit-code-${code.padStart(2, '0')}` } })
        t.equal(status, 500)
        t.match(body['reason'], new RegExp(`^ts3d_sc_server failed: reason='${words}', exit-code=${code}, id=[0-9a-f-]{36}$`))
      }
    }
  },
  {
    section: '5.1',
    title: 'the lowest port is given first, and one that was freed is given again',
    official: 'the last that was freed comes first, at once and untested',
    verdict: 'different',
    why: 'it rests a moment, is tested, and comes when no other is left, the one that was freed first before others: a connection in TIME_WAIT, or a process that ends late, would make the next start on it fail',
    own: true,
    check: async (t, target) => {
      const service = await target.start(t, {}, { SLIPWAY_MAX_SESSIONS: '2' })
      const [lowest = NaN, next] = service.slipway.ports
      const first = await spawned(service, {})
      const second = await spawned(service, {})
      t.same([first, second].map(({ endpoint }) => Number(new URL(endpoint).port)), [lowest, next])
      await visit(first.endpoint)
      await ask(service, 'DELETE', `/api/spawns/${first.id}`)
      const third = await spawned(service, {})
      t.equal(Number(new URL(third.endpoint).port), lowest)
    }
  },
  {
    section: '5.5',
    title: 'a stream server that crashes while its viewer looks',
    official: 'its port and GPU are given back, a warning says why; nothing is started again',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const service = await target.start(t, { ssrGpuCount: 1 })
      const { id, pid, endpoint } = await spawned(service, { class: 'ssr_session' })
      const viewer = await enter(endpoint)
      viewer.on('error', () => {})
      const left = once(viewer, 'close')
      process.kill(pid, 'SIGKILL')
      await left
      t.match(await service.slipway.waitForLog(new RegExp(`${id}.*SIGKILL|SIGKILL.*${id}`)), { level: 40 })
      t.match((await ask(service, 'GET', '/api/status')).body, { usedSpawnPorts: 0, ready: 0, dead: 0, gpuAllocation: { 0: 0 } })
    }
  },
  {
    section: '5.7',
    title: 'the log files have the official names',
    official: '`comm_server_<time>_<pid>.log`, and one `comm_scserver_<csr or ssr>_<time>_<id>.log` for each stream server',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const { id, endpoint } = await spawned(target, { class: 'ssr_session' })
      const names = readdirSync(join(String(target.slipway?.folder), 'logs'))
      t.ok(names.some(name => new RegExp(`^comm_server_\\d{4}(_\\d\\d){5}_${target.slipway?.pid}\\.log$`).test(name)), names.join())
      t.ok(names.some(name => new RegExp(`^comm_scserver_ssr_\\d{4}(_\\d\\d){5}_${id}(_output)?\\.log$`).test(name)), names.join())
      await visit(endpoint)
    }
  },
  {
    section: '5.8',
    title: 'viewers and stream servers when the service ends',
    official: 'viewers are cut off; stream servers are left behind on their ports',
    verdict: 'better',
    why: 'every stream server is ended first, none is left',
    own: true,
    check: async (t, target) => {
      const service = await target.start(t)
      const { id, endpoint } = await spawned(service, { params: { model: 'mode-ignore-sigterm' } })
      const viewers = [await enter(endpoint), await enter(socketUrl(service))]
      const left = viewers.map(async viewer => await once(viewer.on('error', () => {}), 'close'))
      t.equal((await service.slipway.stop('SIGTERM')).code, 0)
      await Promise.all(left)
      t.same(processesWithArgument(id), [])
    }
  }
]
