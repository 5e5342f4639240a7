import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'
import { parseOptions } from '../../src/stream-server/options.ts'

const required = ['--id', 'a', '--sc-port', '12345']
const run = (...args: string[]) => {
  const parsed = parseOptions([...required, ...args])
  if (parsed.kind !== 'run') throw new Error(JSON.stringify(parsed))
  return parsed.options
}
const problems = (...args: string[]) => {
  const parsed = parseOptions(args)
  return parsed.kind === 'bad' ? parsed.problems : []
}

t.test('an id and a port are enough', async t => {
  t.same(run(), {
    id: 'a',
    host: '127.0.0.1',
    port: 12345,
    modelDirectories: [],
    model: null,
    sessionToken: null,
    workspace: join(tmpdir(), 'slipway'),
    cacheBytes: 10 * 2 ** 30,
    initialUseSeconds: 60,
    livelinessEndpoint: null,
    livelinessSeconds: 5,
    unheardSeconds: 0,
    tls: null,
    rendering: false,
    gpuIndex: null,
    logFile: null,
    verbose: false
  })
})

t.test('the whole command line that the official server writes is taken', async t => {
  const options = run(
    '--liveliness-endpoint', 'http://127.0.0.1:11182/api/spawns/', '--liveliness-update-frequency', '5.0',
    '--model-search-directories', '/m1;relative', '--service-respawn', 'false', '--service-respawn-log-suffix', '',
    '--sc-verbose-logging', 'true', '--log-file', '/l/a.log', '--log-style-delta', 'true', '--log-file-category-mask', '-1',
    '--log-stdout-category-mask', '7', '--initial-use-duration', '30', '--workspace-dir', '/w', '--session-token', 't',
    '--model-file', 'pump', '--csr', 'true', '--ssr-gpu-index', '0', '--ssr-egl', 'no',
    '--ssl-certificate-file', '/c.pem', '--ssl-private-key-file', '/k.pem', '--license-file', '/x', '--license', 'secret')
  t.match(options, {
    livelinessSeconds: 5,
    modelDirectories: ['/m1', resolve('relative')],
    verbose: true,
    logFile: '/l/a.log',
    initialUseSeconds: 30,
    workspace: '/w',
    sessionToken: 't',
    model: 'pump',
    gpuIndex: 0,
    tls: { certificateFile: '/c.pem', privateKeyFile: '/k.pem' }
  })
})

t.test('no GPU may be wanted, whichever was named before', async t => {
  t.match(run('--ssr-gpu-index', '1', '--ssr-gpu-index', 'none'), { gpuIndex: 'none' })
  t.match(run('--ssr-gpu-index', 'none', '--ssr-gpu-index', '1'), { gpuIndex: 1 })
})

t.test('a value may stand behind an equals sign, and may hold one', async t => {
  t.match(run('--initial-use-duration=0', '--session-token=a=b', '--csr=yes'), { initialUseSeconds: 0, sessionToken: 'a=b' })
  for (const token of ['-abc', '--id', '--help']) t.match(run(`--session-token=${token}`), { sessionToken: token })
})

t.test('every spelling of yes and no is understood', async t => {
  for (const yes of ['true', '1', 'yes']) t.equal(run('--sc-verbose-logging', yes).verbose, true)
  for (const no of ['false', '0', 'no']) t.equal(run('--sc-verbose-logging', no).verbose, false)
})

t.test('all problems are told at once', async t => {
  t.same(problems('--sc-port', '99999', '--colour', 'red', 'stray', '--csr', 'maybe', '--liveliness-endpoint', 'ftp://x', '--log-file'), [
    '--sc-port must be a port, 0 to 65535, not "99999"',
    '--colour is not an option',
    '"stray" is not an option',
    '--csr must be true or false, not "maybe"',
    '--liveliness-endpoint must be an http or https URL, not "ftp://x"',
    '--log-file needs a value',
    '--id is required'
  ])
})

t.test('names of things every object has are not options', async t => {
  t.same(problems(...required, '--constructor', 'x', '--toString=1'), ['--constructor is not an option', '--toString is not an option'])
})

t.test('a flag without its value does not swallow the next flag', async t => {
  t.same(problems('--id', '--sc-port', '1'), ['--id needs a value'])
})

t.test('somebody has to render: the browser, or the server', async t => {
  t.same(problems(...required, '--csr', 'false'), ['--csr false: then it needs --ssr true'])
  t.same(problems(...required, '--csr', 'false', '--ssr', '1'), [])
})

t.test('a certificate without its key is refused', async t => {
  t.same(problems(...required, '--ssl-certificate-file', 'c.pem'), ['--ssl-certificate-file and --ssl-private-key-file need each other'])
})
