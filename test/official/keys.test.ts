import { createRequire } from 'node:module'
import t from 'tap'
import { settings as ours } from '../../src/config/schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import { keys } from '../../src/official/keys.ts'
import type { Place } from '../../src/official/place.ts'
import type { OwnArguments } from '../../src/official/translate.ts'
import { complete, problemsOf, settingsOf, translated } from '../fixtures/official-file.ts'

/** A value that no key takes. */
const wrong = Symbol('wrong')

for (const { name, required, kind } of keys) {
  t.test(`${name} of the wrong kind is one clear line`, async t => {
    const problems = problemsOf({ [name]: wrong })
    t.equal(problems.length, 1)
    t.ok(problems.join().startsWith(`${name}: expected ${kind.words}, got `), problems.join())
  })
  t.test(required ? `${name} has to be there` : `${name} may be missing, and that is told`, async t => {
    const translation = translated({ [name]: undefined, ...name === 'licenseFile' ? { license: 'text' } : {} })
    if (required) return t.match(translation, { status: 'invalid', problems: [`${name}: it is missing; expected ${kind.words}`] })
    t.equal(translation.status, 'translated')
    t.match(translation.warnings.find(warning => warning.startsWith(`${name}: `)), /it is missing; its default applies/)
  })
}

t.test('every key wrong at once is a line for each', async t => {
  const problems = problemsOf(Object.fromEntries(keys.map(({ name }) => [name, wrong])))
  t.equal(problems.length, keys.length)
})

t.test('nothing at all: every required key is named', async t => {
  const problems = problemsOf(Object.fromEntries(keys.map(({ name }) => [name, undefined])))
  t.same(problems.map(problem => problem.split(':')[0]), [...keys.filter(({ required }) => required).map(({ name }) => name), 'licenseFile and license'])
})

t.test('a wrong value of a secret is not shown', async t => {
  t.same(problemsOf({ license: ['the-secret'] }), ['license: expected text, or null, got something else'])
})

t.test('ranges, enums and lists are looked at', async t => {
  t.same(problemsOf({ spawnServerPort: 0 }), ['spawnServerPort: expected a whole number from 1 to 65535, got 0'])
  t.same(problemsOf({ spawnServerPort: '11182' }), ["spawnServerPort: expected a whole number from 1 to 65535, got '11182'"])
  t.same(problemsOf({ ipVersion: 'forceIPv6Disabled' }), ["ipVersion: expected one of IPVersion.Auto, IPVersion.ForceIPv4, got 'forceIPv6Disabled'"])
  t.same(problemsOf({ logConsoleLevelCutoff: 'loud' }), ["logConsoleLevelCutoff: expected one of LogLevel.Error, LogLevel.Warn, LogLevel.Info, LogLevel.Verbose, LogLevel.Debug, or null, got 'loud'"])
  t.match(problemsOf({ modelDirs: ['a;b'] }), [/^modelDirs: expected a list of folders, none with ";" in its name/])
  t.match(problemsOf({ modelDirs: 'models' }), [/^modelDirs: expected a list/])
  t.match(problemsOf({ logRestFilterRegex: 'POST' }), [/^logRestFilterRegex: expected a regular expression, or null/])
})

t.test('values that do not go together are told with their keys', async t => {
  t.match(problemsOf({ license: 'text' }), [/^licenseFile and license: exactly one/])
  t.match(problemsOf({ licenseFile: null }), [/^licenseFile and license: exactly one/])
  t.match(problemsOf({ csrEnabled: false, ssrEnabled: false }), [/^csrEnabled and ssrEnabled: both are false/])
  t.match(problemsOf({ sslEnableSpawnServer: true }), [/certificate and its private key/, /host name that the certificate is for/])
  t.same(problemsOf({ sslEnableSpawnServer: true, publicHostname: 'cad.test', sslCertificateFile: 'a.pem', sslPrivateKeyFile: 'b.pem' }), [])
})

t.test('certificates, encryption and the file server become settings', async t => {
  t.match(settingsOf({ sslEnableSpawnServer: true, sslEnableFileServer: true, sslEnableScServer: true, publicHostname: 'cad.test', sslCertificateFile: 'a.pem', sslPrivateKeyFile: '~/b.pem' }), {
    SLIPWAY_TLS_SERVER: 'true', SLIPWAY_TLS_FILE_SERVER: 'true', SLIPWAY_TLS_STREAM_SERVERS: 'true', SLIPWAY_TLS_CERTIFICATE_FILE: '/sdk/a.pem', SLIPWAY_TLS_KEY_FILE: '/home/user/b.pem'
  })
  t.match(settingsOf({ fileServerPort: 11_180, fileServerProxyViewerConnections: false }), { SLIPWAY_FILE_SERVER_PORT: '11180', SLIPWAY_FILE_SERVER_PROXY: 'false', SLIPWAY_FILE_SERVER_CORS_ORIGIN: '*' })
  const plain = settingsOf({ fileServerPort: null })
  t.notOk(Object.keys(plain).some(name => name.startsWith('SLIPWAY_TLS_') || name.startsWith('SLIPWAY_FILE_SERVER_')))
})

t.test('an unknown key is a warning with the one that was meant', async t => {
  const { status, warnings } = translated({ publicHostName: 'cad.test' })
  t.equal(status, 'translated')
  t.same(warnings, ['publicHostName: there is no such key; did you mean publicHostname?', ...translated().warnings])
})

t.test('a flag that only the user knows is asked of him, word for word, until he gives it', async t => {
  const tls = { sslEnableSpawnServer: true, publicHostname: 'cad.test', sslCertificateFile: 'a.pem', sslPrivateKeyFile: 'b.pem' }
  const asked = (changes: Record<string, unknown>, own: Partial<OwnArguments> = {}, place: Partial<Place> = {}) =>
    translated(changes, place, { csr: [], ssr: [], ...own }).warnings.filter(warning => warning.includes('_ARGS')).map(warning => warning.replace(/: .* set /, ': '))
  const rest = { restFileserver: 'http://files.test' }
  t.same(asked(rest), ["restFileserver: SLIPWAY_CSR_ARGS='--the-flag;http://files.test' and SLIPWAY_SSR_ARGS='--the-flag;http://files.test'"])
  t.same(asked(rest, { csr: ['--rest', 'http://files.test'] }), ["restFileserver: SLIPWAY_SSR_ARGS='--the-flag;http://files.test'"])
  t.same(asked(rest, { csr: ['--rest', 'http://files.test'], ssr: ['--rest=http://files.test'] }), [])
  t.same(asked({ ...rest, ssrEnabled: false }, { csr: ['--other', 'http://other.test'] }), ["restFileserver: SLIPWAY_CSR_ARGS='--the-flag;http://files.test'"])
  t.same(asked({ ...tls, ssrEnabled: false, sslCertificateAuthorityPath: 'ca.pem' }), ["sslCertificateAuthorityPath: SLIPWAY_CSR_ARGS='--the-flag;/sdk/ca.pem'"])
  t.same(asked({ ...tls, ssrEnabled: false, sslDisableRevocationTest: true }, {}, { platform: 'win32' }), ["sslDisableRevocationTest: SLIPWAY_CSR_ARGS='--the-flag;true'"])
  for (const nothing of [{ restFileserver: '' }, { sslCertificateAuthorityPath: 'ca.pem' }, { ...tls, sslDisableRevocationTest: true }]) t.same(asked(nothing), [], JSON.stringify(nothing))
})

t.test('the authority is known to the embedded stream server where it is a file', async t => {
  t.match(settingsOf({ sslCertificateAuthorityPath: '~/ca.pem' }), { SLIPWAY_TLS_CA_FILE: '/home/user/ca.pem' })
  for (const none of ['~/authorities', '', null]) t.notOk('SLIPWAY_TLS_CA_FILE' in settingsOf({ sslCertificateAuthorityPath: none }))
})

t.test('levels of what others say, and the time between two collections, become settings', async t => {
  t.match(settingsOf({ logStdoutAsLevel: 'verbose', logStderrAsLevel: 'error', fileServerPort: 11_180, logFileHttpRequestsAsLevel: 'info', autoGcIntervalTime: 30 }), {
    SLIPWAY_LOG_CHILD_STDOUT_LEVEL: 'debug', SLIPWAY_LOG_CHILD_STDERR_LEVEL: 'error', SLIPWAY_LOG_FILE_SERVER_REQUEST_LEVEL: 'info', SLIPWAY_GC_INTERVAL: '30'
  })
  t.match(settingsOf({ fileServerPort: 11_180, logFileHttpRequestsAsLevel: null }), { SLIPWAY_LOG_FILE_SERVER_REQUEST_LEVEL: 'silent' })
  const off = settingsOf({ logStdoutAsLevel: null, logStderrAsLevel: null, autoGcIntervalTime: null })
  for (const name of ['SLIPWAY_LOG_CHILD_STDOUT_LEVEL', 'SLIPWAY_LOG_CHILD_STDERR_LEVEL', 'SLIPWAY_LOG_FILE_SERVER_REQUEST_LEVEL', 'SLIPWAY_GC_INTERVAL']) t.notOk(name in off, name)
  t.match(settingsOf({ autoGcIntervalTime: undefined }), { SLIPWAY_GC_INTERVAL: '30' }, 'missing: every half minute, as officially')
})

t.test('every setting that comes out is one of ours, and the whole is a configuration', async t => {
  const names = ours.map(({ schema }) => schema.env)
  const all = settingsOf({ ...complete, publicHostname: 'cad.test', fileServerPort: 11_180, fileServerStaticDirs: ['web'] })
  for (const name of Object.keys(all)) t.ok(names.includes(name), name)
  t.match(loadConfig(all), { status: 'loaded' })
  t.match(loadConfig(settingsOf({ licenseFile: null, license: 'text' })), { status: 'loaded', config: { streamServer: { license: 'text', licenseFile: '' } } })
})

t.test('the words of lib/SpawnerTypes are those the keys take', async t => {
  const types = createRequire(import.meta.url)('../../lib/SpawnerTypes.js') as Record<string, Record<string, unknown>>
  t.same(Object.keys(types), ['IPVersion', 'LogTimeFormat', 'LogLevel', 'LogSpawnCategory'])
  for (const [enumName, example] of [['IPVersion', 'ipVersion'], ['LogTimeFormat', 'logFileTimeFormat'], ['LogLevel', 'logStdoutAsLevel']] as const) {
    const kind = keys.find(({ name }) => name === example)?.kind
    for (const [member, value] of Object.entries(types[enumName] ?? {})) {
      t.equal(kind?.fits(value), member !== 'ForceIPv6Disabled', `${enumName}.${member}`)
    }
  }
})
