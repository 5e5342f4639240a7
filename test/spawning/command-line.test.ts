import t from 'tap'
import { childEnvironment, commandLine, type StreamServerProgram } from '../../src/spawning/command-line.ts'
import { streamServerProgram } from '../../src/spawning/stream-server-program.ts'

const real: StreamServerProgram = { kind: 'ts3d_sc_server', executable: '/opt/hoops/bin/ts3d_sc_server', leading: [], renderers: ['csr', 'ssr'] }
const common = { modelDirs: ['/models', '/more'], workspaceDir: '/work', licenseFile: '/licence', pingInterval: 5, firstConnectTimeout: 60 }
const session = { id: 'an-id', port: 11_000, renderer: 'csr', modelSearchDirectories: [], model: null, sessionToken: null, livelinessEndpoint: 'http://127.0.0.1:11182/api/spawns/' } as const

t.test('the command line is the official one, in its order, the licence last', async t => {
  t.same(commandLine(real, common, { ...session, modelSearchDirectories: ['/models/a'], model: 'engine', sessionToken: 'secret' }), [
    '--id', 'an-id',
    '--sc-port', '11000',
    '--liveliness-endpoint', 'http://127.0.0.1:11182/api/spawns/',
    '--liveliness-update-frequency', '5',
    '--model-search-directories', '/models/a;/models;/more',
    '--initial-use-duration', '60',
    '--workspace-dir', '/work',
    '--session-token', 'secret',
    '--model-file', 'engine',
    '--csr', 'true',
    '--license-file', '/licence'
  ])
})

t.test('what was not asked for is not said', async t => {
  const args = commandLine(real, { ...common, licenseFile: null }, session)
  for (const flag of ['--session-token', '--model-file', '--license-file', '--ssr']) t.notOk(args.includes(flag), flag)
})

t.test('a renderer is never named beside the other', async t => {
  const args = commandLine(real, common, { ...session, renderer: 'ssr' })
  t.ok(args.includes('--ssr'))
  t.notOk(args.includes('--csr'))
})

t.test('the environment is the least that works', async t => {
  t.same(childEnvironment(real, 'csr'), { LD_LIBRARY_PATH: '/opt/hoops/bin', DYLD_LIBRARY_PATH: '/opt/hoops/bin' })
  t.match(childEnvironment(real, 'ssr'), { DISPLAY: ':0' })
  t.same(childEnvironment({ ...real, kind: 'embedded' }, 'csr'), {})
})

t.test('swapping in the real stream server is one setting', async t => {
  t.match(streamServerProgram('', '/slipway', '127.0.0.1'), { kind: 'embedded', leading: ['/slipway/dist/stream-server/main.mjs', '--sc-host', '127.0.0.1'] })
  t.match(streamServerProgram('/opt/x', '/slipway', '127.0.0.1'), { kind: 'ts3d_sc_server', executable: '/opt/x', leading: [], renderers: ['csr', 'ssr'] })
})
