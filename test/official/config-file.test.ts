import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { loadConfigFile } from '../../src/official/config-file.ts'

const packageDir = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** Loads `path` out of a folder with these files. */
function load (t: Test, files: Parameters<Test['testdir']>[0] & object, path: string) {
  const dir = t.testdir(files)
  const result = loadConfigFile(join(dir, path), packageDir)
  return { dir, result, exported: result.status === 'loaded' ? result.file.exported : result.problem, serverDir: result.status === 'loaded' ? result.file.serverDir : undefined }
}

const asking = (specifier: string) => `const types = require(${JSON.stringify(specifier)})\nmodule.exports = { ipVersion: types.IPVersion.Auto, mask: types.LogSpawnCategory.Info | types.LogSpawnCategory.Error }\n`

t.test('whatever path it asks for, it gets our SpawnerTypes', async t => {
  for (const specifier of ['./lib/SpawnerTypes', '../../server/node/lib/SpawnerTypes.js', '/opt/absent/server/node/lib/SpawnerTypes', 'C:\\hoops\\server\\node\\lib\\SpawnerTypes', '..\\lib\\SpawnerTypes.js', join(packageDir, 'lib/SpawnerTypes')]) {
    t.same(load(t, { 'Config.js': asking(specifier) }, 'Config.js').exported, { ipVersion: 'auto', mask: 5 }, specifier)
  }
})

t.test('paths start at the folder above the SpawnerTypes that is asked for, as in the SDK', async t => {
  const from = (specifier: string) => load(t, { quick_start: { 'config.js': asking(specifier) } }, 'quick_start/config.js')
  const { dir, serverDir } = from('../server/node/lib/SpawnerTypes')
  t.equal(serverDir, join(dir, 'server/node'))
  t.equal(from('./lib/SpawnerTypes').serverDir, join(dir, 'quick_start'))
  t.equal(from(join(packageDir, 'lib', 'SpawnerTypes.js')).serverDir, join(dir, 'quick_start'), 'ours says nothing')
  t.equal(load(t, { 'Config.js': 'module.exports = {}' }, 'Config.js').serverDir, t.testdirName)
})

t.test('in a folder, UserConfig.js is taken before Config.js', async t => {
  const both = { 'UserConfig.js': 'exports.from = "user"', 'Config.js': 'exports.from = "shipped"' }
  t.same(load(t, both, '.').exported, { from: 'user' })
  t.same(load(t, { 'Config.js': both['Config.js'] }, '.').exported, { from: 'shipped' })
  t.match(load(t, {}, '.').exported, /there is neither UserConfig\.js nor Config\.js in /)
})

t.test('a file may change the one beside it, read others and ask Node', async t => {
  const { exported } = load(t, {
    'UserConfig.js': '\uFEFFconst config = require("./Config"); config.port = 2; config.home = require("node:os").homedir(); config.more = require("./more.json").more\nmodule.exports = { ...config, here: [__dirname, __filename] }',
    'Config.js': '#!/usr/bin/env node\nconst { LogLevel } = require("./lib/SpawnerTypes")\nmodule.exports = { port: 1, level: LogLevel.Info }',
    'more.json': '{"more":true}'
  }, '.')
  t.match(exported, { port: 2, level: 'info', more: true, home: String, here: [t.testdirName, join(t.testdirName, 'UserConfig.js')] })
})

t.test('behind a link, what stands beside the file itself counts, as for Node', async t => {
  const { exported, serverDir, dir } = load(t, {
    sdk: { server: { node: { 'Config.js': 'require("./lib/SpawnerTypes"); module.exports = { ...require("./more"), here: __dirname }', 'more.js': 'exports.more = true' } } },
    etc: { 'Config.js': t.fixture('symlink', '../sdk/server/node/Config.js') }
  }, 'etc')
  t.same(exported, { more: true, here: join(dir, 'sdk/server/node') })
  t.equal(serverDir, join(dir, 'sdk/server/node'))
})

t.test('a file has of its module what other modules have', async t => {
  const { exported, dir } = load(t, {
    'Config.js': `const first = require('./part')
delete require.cache[require.resolve('./part')]
module.exports = { filename: module.filename, id: module.id, loaded: module.loaded, again: require('./part') !== first, cached: Object.keys(require.cache),
  same: module.require('./part') === require('./part'), main: [require.main === module, require.main.filename] }`,
    'part.js': 'module.exports = {}'
  }, 'Config.js')
  const file = join(dir, 'Config.js')
  t.same(exported, { filename: file, id: file, loaded: false, again: true, cached: [file, join(dir, 'part.js')], same: true, main: [false, join(packageDir, 'lib/Startup.js')] })
})

t.test('a mistake in the file is one line with its place', async t => {
  const mistake = (text: string) => String(load(t, { 'Config.js': text, 'broken.js': '\n\nmodule.exports = {,}' }, 'Config.js').exported).replace(t.testdirName, '.')
  t.equal(mistake('module.exports = {\n  a: 1\n  b: 2\n}'), "./Config.js:3: SyntaxError: Unexpected identifier 'b'")
  t.equal(mistake('\nmodule.exports = { port: PORT }'), './Config.js:2: ReferenceError: PORT is not defined')
  t.equal(mistake('\n\nrequire("./missing")'), "./Config.js:3: Error: Cannot find module './missing'")
  t.equal(mistake('require("./broken")'), "./broken.js:3: SyntaxError: Unexpected token ','")
  t.equal(mistake('throw "no"'), './Config.js: no')
  t.equal(mistake('module.exports = []'), './Config.js: expected module.exports to be the configuration, an object with keys')
  t.match(mistake('require("node:fs").readFileSync("/nowhere")'), /^\.\/Config\.js:1: Error: ENOENT/)
})

t.test('a file that cannot be read is said so', async t => {
  t.match(load(t, {}, 'Missing.js').exported, /Missing\.js cannot be read \(ENOENT\)$/)
})
