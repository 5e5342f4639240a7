import t from 'tap'
import { childEnvironment, commandLine, type CommonArguments, type GivenEnvironment, type SessionArguments, type StreamServerProgram } from '../../src/spawning/command-line.ts'
import { streamServerProgram } from '../../src/spawning/stream-server-program.ts'

const real: StreamServerProgram = { kind: 'ts3d_sc_server', name: 'ts3d_sc_server', options: 'official', keepsSeat: false, samples: [], executable: '/opt/hoops/bin/ts3d_sc_server', leading: [], renderers: ['csr', 'ssr'] }
const embedded: StreamServerProgram = { kind: 'embedded', name: 'slipway-stream-server', options: 'own', keepsSeat: true, samples: [], environment: {}, executable: '/node', leading: ['main.mjs'], renderers: ['csr'] }
const common: CommonArguments = { modelDirs: ['/models', '/more'], workspaceDir: '/work', licenseFile: '/licence', pingInterval: 5, firstConnectTimeout: 60 }
const session: SessionArguments = { id: 'an-id', port: 11_000, renderer: 'csr', modelSearchDirectories: [], model: null, sessionToken: null, livelinessEndpoint: 'http://127.0.0.1:11182/api/spawns/' }

const head = ['--id', 'an-id', '--sc-port', '11000', '--liveliness-endpoint', 'http://127.0.0.1:11182/api/spawns/', '--liveliness-update-frequency', '5', '--model-search-directories', '/models;/more']
const middle = ['--initial-use-duration', '60', '--workspace-dir', '/work']
const licence = ['--license-file', '/licence']
const logging = { fileMask: 0, outputMask: 0, delta: false }
const ownLogFile = '/logs/own.log'

const lines: Array<{ what: string, program?: StreamServerProgram, common?: Partial<CommonArguments>, session?: Partial<SessionArguments>, args: string[] }> = [
  { what: 'the least there is', args: [...head, ...middle, '--csr', 'true', ...licence] },
  {
    what: 'a model, a token and folders of the request, which are searched first',
    session: { modelSearchDirectories: ['/models/a'], model: 'engine', sessionToken: 'secret' },
    args: [...head.slice(0, -1), '/models/a;/models;/more', ...middle, '--session-token', 'secret', '--model-file', 'engine', '--csr', 'true', ...licence]
  },
  { what: 'a token that would be taken for a flag', session: { sessionToken: '-abc' }, args: [...head, ...middle, '--session-token=-abc', '--csr', 'true', ...licence] },
  { what: 'server rendering, and the renderers are never named beside each other', session: { renderer: 'ssr' }, args: [...head, ...middle, '--ssr', 'true', ...licence] },
  {
    what: 'a certificate, before what the operator adds',
    program: { ...real, tls: { certificateFile: '/cert.pem', keyFile: '/key.pem' } },
    common: { extra: { csr: ['--more'], ssr: [] } },
    args: [...head, ...middle, '--csr', 'true', '--ssl-certificate-file', '/cert.pem', '--ssl-private-key-file', '/key.pem', '--more', ...licence]
  },
  { what: 'a GPU and EGL', common: { egl: true }, session: { renderer: 'ssr', gpu: 0 }, args: [...head, ...middle, '--ssr', 'true', '--ssr-gpu-index', '0', '--ssr-egl', 'true', ...licence] },
  { what: 'neither of them for client rendering', common: { egl: true }, session: { gpu: 1 }, args: [...head, ...middle, '--csr', 'true', ...licence] },
  { what: 'the text of a licence', common: { licenseFile: null, license: 'the text' }, args: [...head, ...middle, '--csr', 'true', '--license', 'the text'] },
  { what: 'no licence at all', common: { licenseFile: null }, args: [...head, ...middle, '--csr', 'true'] },
  { what: 'masks of nothing', common: { logging }, session: { ownLogFile }, args: [...head, ...middle, '--csr', 'true', ...licence] },
  {
    what: 'a log file of its own',
    common: { logging: { ...logging, fileMask: 7 } },
    session: { ownLogFile },
    args: [...head, '--log-file', ownLogFile, '--log-file-category-mask', '7', ...middle, '--csr', 'true', ...licence]
  },
  { what: 'no log folder, no log file', common: { logging: { ...logging, fileMask: 7 } }, args: [...head, ...middle, '--csr', 'true', ...licence] },
  {
    what: 'all that can be logged',
    common: { logging: { fileMask: 255, outputMask: 3, delta: true } },
    session: { ownLogFile },
    args: [...head, '--sc-verbose-logging', 'true', '--log-file', ownLogFile, '--log-style-delta', 'true', '--log-file-category-mask', '255', '--log-stdout-category-mask', '3', ...middle, '--csr', 'true', ...licence]
  },
  {
    what: 'a Windows service',
    common: { respawn: { logSuffix: '' }, logging: { ...logging, outputMask: 8 } },
    session: { renderer: 'ssr' },
    args: [...head, '--service-respawn', 'true', '--service-respawn-log-suffix', '', '--sc-verbose-logging', 'true', '--log-stdout-category-mask', '8', ...middle, '--ssr', 'true', ...licence]
  },
  { what: 'more arguments, each renderer its own, before the licence', common: { extra: { csr: ['--more', 'a b'], ssr: ['--other'] } }, args: [...head, ...middle, '--csr', 'true', '--more', 'a b', ...licence] },
  {
    what: 'the embedded stream server, which is not told what it has no use for',
    program: embedded,
    common: { egl: true, respawn: { logSuffix: 'x' }, logging: { fileMask: 7, outputMask: 7, delta: true }, extra: { csr: ['--more'], ssr: [] } },
    session: { ownLogFile, gpu: 0 },
    args: ['main.mjs', ...head, ...middle, '--csr', 'true', '--more', ...licence]
  },
  { what: 'the embedded one is told its GPU', program: embedded, common: { egl: true }, session: { renderer: 'ssr', gpu: 1 }, args: ['main.mjs', ...head, ...middle, '--ssr', 'true', '--ssr-gpu-index', '1', ...licence] }
]

for (const line of lines) {
  t.test(`the command line: ${line.what}`, async t => {
    t.same(commandLine(line.program ?? real, { ...common, ...line.common }, { ...session, ...line.session }), line.args)
  })
}

const libraries = { LD_LIBRARY_PATH: '/opt/hoops/bin', DYLD_LIBRARY_PATH: '/opt/hoops/bin' }
const environments: Array<{ what: string, program?: StreamServerProgram, given?: Partial<GivenEnvironment>, env: Record<string, string> }> = [
  { what: 'the libraries and the first display', env: { ...libraries, DISPLAY: ':0' } },
  { what: 'the display of the service', given: { display: ':7' }, env: { ...libraries, DISPLAY: ':7' } },
  { what: 'EGL: no display', given: { display: ':7', egl: true }, env: libraries },
  { what: 'what is handed on', given: { handedOn: { HOME: '/home/hoops', LD_LIBRARY_PATH: '/mine' } }, env: { ...libraries, DISPLAY: ':0', HOME: '/home/hoops', LD_LIBRARY_PATH: '/mine' } },
  { what: 'the embedded one needs nothing', program: embedded, given: { display: ':7' }, env: {} },
  { what: 'and gets what is handed on', program: embedded, given: { handedOn: { TZ: 'UTC' } }, env: { TZ: 'UTC' } }
]

for (const { what, program = real, given = {}, env } of environments) {
  t.test(`the environment: ${what}`, async t => {
    t.same(childEnvironment(program, { display: undefined, egl: false, handedOn: {}, ...given }), env)
  })
}

t.test('swapping in the real stream server is one setting', async t => {
  t.match(streamServerProgram('', '/slipway', '127.0.0.1'), { kind: 'embedded', leading: ['/slipway/dist/stream-server/main.mjs', '--sc-host', '127.0.0.1'] })
  t.match(streamServerProgram('', '/slipway', '::', null, '/ca.pem'), { environment: { NODE_EXTRA_CA_CERTS: '/ca.pem', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_ARENA_MAX: '2' } })
  t.match(streamServerProgram('/opt/x', '/slipway', '127.0.0.1'), { kind: 'ts3d_sc_server', executable: '/opt/x', leading: [], renderers: ['csr', 'ssr'] })
})
