import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import t from 'tap'
import { readCommandLine } from '../../src/command-line.ts'
import { loadConfig } from '../../src/config/load.ts'
import { inOfficialWords } from '../../src/official/official-config.ts'
import { keys } from '../../src/official/keys.ts'
import { complete } from '../fixtures/official-file.ts'

const packageDir = fileURLToPath(new URL('../..', import.meta.url))

const noText = [7, true, {}, ['x']]
const blank = [...noText, '', '  ']
const emptyText = [...blank, null]
const noTruth = ['true', 1, {}]
const noPort = [-1, 65_536, 1.5, NaN, '11182', {}, true]
const noMask = [-1, 256, 1.5, '7', {}]
const noLevel = ['Info', 'trace', 3, {}]
const noTime = ['ISO', 'utc', 1, {}]
const noFolders = ['models', [7], [''], ['a;b'], {}]

/** What no key may be, in the words of a configuration file; every key has its own. */
const wrong: Record<string, unknown[]> = {
  spawnServerPort: [...noPort, 0, null],
  publicHostname: noText,
  ipVersion: ['forceIPv6Disabled', 'Auto', 4, null],
  spawnServerAccessControlAllowOriginHeader: blank,
  fileServerAccessControlAllowOriginHeader: blank,
  sslCertificateFile: noText,
  sslPrivateKeyFile: noText,
  sslCertificateAuthorityPath: noText,
  sslEnableFileServer: noTruth,
  sslEnableSpawnServer: noTruth,
  sslEnableScServer: noTruth,
  sslDisableRevocationTest: noTruth,
  spawnMaxSpawnCount: [0, -1, 1.5, 10_001, '32', null],
  spawnWebsocketPortsBegin: [0, 1_023, 65_536, 1.5, '11000', null],
  spawnLivelinessReportIntervalTime: [0, -5, NaN, Infinity, '5', null],
  spawnInitialUseDuration: [-1, 0.5, NaN, '60', true],
  csrEnabled: [...noTruth, null],
  ssrEnabled: [...noTruth, null],
  ssrGpuCount: [-1, 1.5, 1_025, '2', true],
  ssrUseEgl: noTruth,
  restFileserver: noText,
  autoGcIntervalTime: [-1, NaN, '30', true],
  disableConsoleEnterToShutdown: noTruth,
  communicatorDir: emptyText,
  streamCacheExeFile: noText,
  modelDirs: [...noFolders, null],
  workspaceDir: emptyText,
  logDir: noText,
  logSpawnFileCategoryMask: noMask,
  logSpawnStdoutCategoryMask: noMask,
  logSpawnUseDeltaTime: noTruth,
  logFileTimeFormat: noTime,
  logConsoleTimeFormat: noTime,
  logStdoutAsLevel: noLevel,
  logStderrAsLevel: noLevel,
  logConsoleLevelCutoff: noLevel,
  logFileLevelCutoff: noLevel,
  logRestFilterRegex: ['/ping/', true, {}],
  logRestHttpRequestsAsLevel: noLevel,
  logFileHttpRequestsAsLevel: noLevel,
  fileServerPort: noPort,
  fileServerStaticDirs: noFolders,
  fileServerProxyViewerConnections: noTruth,
  windowsServiceRespawnEnabled: noTruth,
  windowsServiceRespawnLogSuffix: noText,
  licenseFile: noText,
  license: noText
}

const text = (config: Record<string, unknown>) => `module.exports = { ${Object.entries(config).map(([name, value]) => `${name}: ${inspect(value)}`).join(', ')} }\n`

t.test('there are wrong values for every key', async t => {
  t.same(Object.keys(wrong), keys.map(({ name }) => name))
})

for (const [name, values] of Object.entries(wrong)) {
  t.test(`${name}, wrong in a file, is one clear line and exit code 2`, async t => {
    const file = join(t.testdir({}), 'Config.js')
    for (const value of values) {
      writeFileSync(file, text({ ...complete, [name]: value }))
      const said = readCommandLine(['--config-file', file], {}, packageDir)
      if (said.do !== 'say') return t.fail(`${inspect(value)} is taken`)
      t.equal(said.exitCode, 2)
      const [first, ...lines] = said.text.trimEnd().split('\n')
      t.equal(first, `slipway: ${file} cannot be used:`)
      const problems = lines.filter(line => !line.startsWith('  - ('))
      t.equal(problems.length, 1, `${inspect(value)}: ${said.text}`)
      t.match(problems[0], new RegExp(`^ {2}- ${name}: expected .+, got .+$`), inspect(value))
      if (name === 'license') t.ok(problems[0]?.endsWith('got something else'))
    }
  })
}

/** What has the right kind and cannot be used all the same. */
const unusable: Array<{ changes: Record<string, unknown>, problem: RegExp }> = [
  { changes: { publicHostname: 'https://cad.test/' }, problem: /^publicHostname \(SLIPWAY_PUBLIC_HOST\): expected a host name/ },
  { changes: { spawnServerAccessControlAllowOriginHeader: 'cad.test' }, problem: /^spawnServerAccessControlAllowOriginHeader \(SLIPWAY_CORS_ORIGIN\): expected an origin/ },
  { changes: { fileServerPort: 11_180, fileServerAccessControlAllowOriginHeader: 'cad.test' }, problem: /^fileServerAccessControlAllowOriginHeader \(SLIPWAY_FILE_SERVER_CORS_ORIGIN\): expected an origin/ },
  { changes: { spawnWebsocketPortsBegin: 65_530, spawnMaxSpawnCount: 10 }, problem: /^spawnWebsocketPortsBegin \(SLIPWAY_WS_PORTS_BEGIN\) and spawnMaxSpawnCount \(SLIPWAY_MAX_SESSIONS\): / },
  { changes: { fileServerPort: 11_182 }, problem: /fileServerPort \(SLIPWAY_FILE_SERVER_PORT\)/ }
]

for (const { changes, problem } of unusable) {
  t.test(`${inspect(changes)} cannot be used, and is told in the words of the file`, async t => {
    const file = join(t.testdir({}), 'Config.js')
    writeFileSync(file, text({ ...complete, modelDirs: ['.'], communicatorDir: t.testdirName, ...changes }))
    const served = readCommandLine(['--config-file', file], {}, packageDir)
    if (served.do !== 'serve') return t.fail(served.text)
    const loaded = loadConfig(served.env)
    if (loaded.status !== 'invalid') return t.fail('it is taken')
    const problems = inOfficialWords(loaded.problems, served.origins)
    t.equal(problems.length, 1, problems.join('\n'))
    t.match(problems[0], problem)
  })
}

/** What is right one by one and wrong together. */
const together: Array<{ changes: Record<string, unknown>, names: string[] }> = [
  { changes: { licenseFile: null, license: null }, names: ['licenseFile', 'license'] },
  { changes: { licenseFile: 'a', license: 'b' }, names: ['licenseFile', 'license'] },
  { changes: { csrEnabled: false, ssrEnabled: false }, names: ['csrEnabled', 'ssrEnabled'] },
  ...['sslEnableFileServer', 'sslEnableSpawnServer', 'sslEnableScServer'].flatMap(name => [
    { changes: { [name]: true, publicHostname: 'cad.test', sslCertificateFile: 'cert.pem' }, names: [name, 'sslPrivateKeyFile'] },
    { changes: { [name]: true, publicHostname: 'cad.test', sslPrivateKeyFile: 'key.pem' }, names: [name, 'sslCertificateFile'] },
    { changes: { [name]: true, sslCertificateFile: 'cert.pem', sslPrivateKeyFile: 'key.pem' }, names: [name, 'publicHostname'] }
  ])
]

for (const { changes, names } of together) {
  t.test(`${inspect(changes)} does not go together`, async t => {
    const file = join(t.testdir({}), 'Config.js')
    writeFileSync(file, text({ ...complete, ...changes }))
    const said = readCommandLine(['--config-file', file], {}, packageDir)
    if (said.do !== 'say') return t.fail('it is taken')
    t.equal(said.exitCode, 2)
    const problems = said.text.split('\n').filter(line => line.startsWith('  - ') && !line.startsWith('  - ('))
    t.equal(problems.length, 1, said.text)
    for (const name of names) t.match(problems[0], name)
  })
}
