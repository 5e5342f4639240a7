import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readCommandLine } from '../../src/command-line.ts'
import { loadConfig } from '../../src/config/load.ts'
import { inOfficialWords, readOfficialConfig } from '../../src/official/official-config.ts'
import { complete } from '../fixtures/official-file.ts'

const packageDir = fileURLToPath(new URL('../..', import.meta.url))
const file = (changes: Record<string, unknown>) => {
  const { logRestFilterRegex, ...plain } = { ...complete, ...changes }
  return `const { IPVersion } = require('./lib/SpawnerTypes')\nmodule.exports = { ...${JSON.stringify(plain)}, ipVersion: IPVersion.ForceIPv4, logRestFilterRegex: /ping/ }\n`
}

t.test('migrate prints as a .env what a start with the file would use', async t => {
  const dir = t.testdir({ 'Config.js': file({ workspaceDir: "/scratch/it's \"here\" #1", modelDirs: ['my models'] }), 'my models': {} })
  const said = readCommandLine(['migrate', join(dir, 'Config.js')], {}, packageDir)
  if (said.do !== 'say') return t.fail('it says something')
  t.equal(said.exitCode, 0)
  const served = readCommandLine(['-c', dir], {}, packageDir)
  if (served.do !== 'serve') return t.fail(served.text)
  t.same({ ...parseEnv(said.text) }, { ...served.env })
  t.match(served.env, { SLIPWAY_WORKSPACE_DIR: "/scratch/it's \"here\" #1", SLIPWAY_DRAIN_TIMEOUT: '0', SLIPWAY_SPAWN_RATE_LIMIT: '0' })
  t.match(loadConfig(served.env), { status: 'loaded' })
})

t.test('a licence stays out of what migrate prints', async t => {
  const dir = t.testdir({ 'Config.js': file({ license: 'the-secret', licenseFile: null, restFileserver: 'http://me:the-secret@files.test?sig=the-secret', oldKey: 1 }) })
  const { migration, settings } = { migration: '', settings: {}, ...readOfficialConfig(dir, packageDir, {}) }
  t.match(settings, { SLIPWAY_LICENSE: 'the-secret' })
  t.notMatch(migration, 'the-secret')
  t.match(migration, /^#SLIPWAY_LICENSE=<the text of license>$/m)
  t.match(migration, /^# {3}restFileserver: .* set SLIPWAY_CSR_ARGS='--the-flag;http:\/\/<hidden>@files\.test\?<hidden>' and SLIPWAY_SSR_ARGS=/m)
  t.match(migration, /^# {3}oldKey: there is no such key/m)
})

t.test('what is wrong with a file is told all at once, with exit code 2, the same for both', async t => {
  const dir = t.testdir({ 'Config.js': file({ spawnServerPort: 'x', csrEnabled: 1, oldKey: 1 }) })
  for (const args of [['migrate', dir], ['--config-file', dir], ['-c', dir]]) {
    const said = readCommandLine(args, {}, packageDir)
    t.match(said, { do: 'say', exitCode: 2, text: /Config\.js cannot be used:\n {2}- spawnServerPort: .*\n {2}- csrEnabled: .*\n {2}- \(oldKey: .*\)\n/ })
  }
  t.match(readCommandLine(['migrate'], {}, packageDir), { do: 'say', exitCode: 2, text: /migrate takes one official configuration file/ })
  t.match(readCommandLine(['serve'], {}, packageDir), { do: 'say', exitCode: 2, text: /there is no command serve/ })
})

t.test('what the user gives stream servers himself is not asked of him', async t => {
  const dir = t.testdir({ 'Config.js': file({ restFileserver: 'http://files.test' }), '.env': 'SLIPWAY_SSR_ARGS=--rest=http://files.test' })
  const asked = (env: Record<string, string>) => {
    const served = readCommandLine(['-c', dir, '--env-file', join(dir, '.env')], env, packageDir)
    return served.do === 'serve' ? served.warnings.filter(warning => warning.startsWith('restFileserver')) : t.fail(served.text)
  }
  t.match(asked({}), [/set SLIPWAY_CSR_ARGS='--the-flag;http:\/\/files\.test'$/])
  t.same(asked({ SLIPWAY_CSR_ARGS: '--rest; http://files.test' }), [])
})

t.test('the environment wins over the file, and a problem names the key it comes from', async t => {
  const dir = t.testdir({ 'Config.js': file({ spawnWebsocketPortsBegin: 65_530 }) })
  const served = readCommandLine(['-c', dir], { SLIPWAY_PORT: '1', SLIPWAY_MAX_SESSIONS: '10' }, packageDir)
  if (served.do !== 'serve') return t.fail(served.text)
  t.equal(served.env['SLIPWAY_PORT'], '1')
  const loaded = loadConfig(served.env)
  t.match(inOfficialWords(loaded.status === 'invalid' ? loaded.problems : [], served.origins), [/^spawnWebsocketPortsBegin \(SLIPWAY_WS_PORTS_BEGIN\) and SLIPWAY_MAX_SESSIONS: 10 ports/])
})
