import t from 'tap'
import { keys } from '../../src/official/keys.ts'
import { settingsOf, translated } from '../fixtures/official-file.ts'

t.test('an ordinary file becomes settings', async t => {
  t.same(settingsOf(), {
    SLIPWAY_PORT: '11182',
    SLIPWAY_HOST: '::',
    SLIPWAY_CORS_ORIGIN: '*',
    SLIPWAY_MAX_SESSIONS: '32',
    SLIPWAY_WS_PORTS_BEGIN: '11000',
    SLIPWAY_PING_INTERVAL: '5',
    SLIPWAY_PING_TIMEOUT: '17',
    SLIPWAY_START_TIMEOUT: '17',
    SLIPWAY_KILL_STEP: '5',
    SLIPWAY_FIRST_CONNECT_TIMEOUT: '60',
    SLIPWAY_RENDERERS: 'csr,ssr',
    SLIPWAY_ENTER_STOPS: 'true',
    SLIPWAY_STREAM_SERVER: '/sdk/server/bin/linux64/ts3d_sc_server',
    SLIPWAY_MODEL_DIRS: '/sdk/models;/srv/more',
    SLIPWAY_WORKSPACE_DIR: '/home/user/workspace',
    SLIPWAY_LOG_DIR: '/home/user/ts3d_communicator_logs',
    SLIPWAY_STREAM_SERVER_LOG_FILE_MASK: '7',
    SLIPWAY_LOG_TIME: 'local',
    SLIPWAY_LOG_CHILD_STDOUT_LEVEL: 'trace',
    SLIPWAY_LOG_CHILD_STDERR_LEVEL: 'trace',
    SLIPWAY_LOG_LEVEL: 'warn',
    SLIPWAY_LOG_FILE_TIME: 'iso',
    SLIPWAY_LOG_FILE_LEVEL: 'debug',
    SLIPWAY_LOG_REQUEST_FILTER: '/POST.*liveliness=ping/',
    SLIPWAY_LOG_REQUEST_LEVEL: 'debug',
    SLIPWAY_LICENSE_FILE: '/sdk/licence.txt'
  })
})

t.test('paths start at the home folder or at communicatorDir, which starts at server/node', async t => {
  t.match(settingsOf({ communicatorDir: '~/hoops', streamCacheExeFile: 'mine/server', licenseFile: '/etc/licence' }), {
    SLIPWAY_STREAM_SERVER: '/home/user/hoops/mine/server', SLIPWAY_LICENSE_FILE: '/etc/licence', SLIPWAY_MODEL_DIRS: '/home/user/hoops/models;/srv/more'
  })
  t.match(settingsOf({}, { platform: 'darwin' }), { SLIPWAY_STREAM_SERVER: '/sdk/server/bin/macos/ts3d_sc_server' })
  t.match(settingsOf({}, { platform: 'win32' }), { SLIPWAY_STREAM_SERVER: '/sdk/server/bin/win64/ts3d_sc_server.exe' })
})

t.test('null is as good as not set for every key that is not required', async t => {
  for (const { name, required } of keys) {
    if (!required && !name.startsWith('license')) t.equal(translated({ [name]: null }).status, 'translated', name)
  }
  const settings = settingsOf({ fileServerPort: 11_180, fileServerStaticDirs: null, logSpawnFileCategoryMask: null, logSpawnStdoutCategoryMask: null, spawnServerAccessControlAllowOriginHeader: null, fileServerAccessControlAllowOriginHeader: null })
  t.match(settings, { SLIPWAY_CORS_ORIGIN: '*', SLIPWAY_FILE_SERVER_CORS_ORIGIN: '*' })
  for (const name of ['SLIPWAY_STATIC_DIRS', 'SLIPWAY_STREAM_SERVER_LOG_FILE_MASK', 'SLIPWAY_STREAM_SERVER_LOG_OUTPUT_MASK']) t.notOk(name in settings, name)
})

t.test('every warning and every problem is one line without secrets', async t => {
  const said = [
    translated({ 'a\nb': 1, '\u2028': 1, communicatorDir: '/nowhere/a\nb', restFileserver: 'https://user:pass@files.test/sc?sig=secret#secret' }),
    translated({ restFileserver: ['https://user:pass@files.test/sc?sig=secret'], publicHostname: { a: 'x\ny' } })
  ].flatMap(({ warnings, ...rest }) => [...warnings, ...rest.status === 'invalid' ? rest.problems : []])
  for (const line of said) {
    t.notMatch(line, /\p{Cc}|\u2028/u)
    t.notMatch(line, /pass@|secret/)
  }
  t.ok(said.some(line => line.startsWith('"a\\nb": there is no such key')))
  t.ok(said.some(line => line.includes("'--the-flag;https://<hidden>@files.test/sc?<hidden>'") && line.endsWith('with the whole value of the key')))
})

t.test('folders that are not there are left out and told, for the official server starts without them', async t => {
  t.match(settingsOf({ modelDirs: ['/nowhere/models', 'models', './models'] }), { SLIPWAY_MODEL_DIRS: '/sdk/models' })
  t.ok(translated({ modelDirs: ['/nowhere/models'] }).warnings.includes('modelDirs: /nowhere/models is not there; it is left out'))
  t.ok(translated({ communicatorDir: '/nowhere' }).warnings.includes('communicatorDir: /nowhere is not there'))
})

t.test('the file server\'s folders count only while it is on', async t => {
  t.equal(settingsOf({ fileServerPort: 0, fileServerStaticDirs: ['web'] })['SLIPWAY_STATIC_DIRS'], undefined)
  t.equal(settingsOf({ fileServerPort: 11_180, fileServerStaticDirs: ['web', '~/scs'] })['SLIPWAY_STATIC_DIRS'], '/sdk/web;/home/user/scs')
})

t.test('the thresholds follow the interval of the reports', async t => {
  t.match(settingsOf({ spawnLivelinessReportIntervalTime: 0.1 }), { SLIPWAY_PING_INTERVAL: '0.1', SLIPWAY_PING_TIMEOUT: '2.3', SLIPWAY_START_TIMEOUT: '2.3', SLIPWAY_KILL_STEP: '5' })
})

t.test('without a time to wait, stream servers wait their own minute', async t => {
  for (const off of [0, null]) t.match(settingsOf({ spawnInitialUseDuration: off }), { SLIPWAY_FIRST_CONNECT_TIMEOUT: '60' })
  t.match(settingsOf({ spawnInitialUseDuration: 300 }), { SLIPWAY_FIRST_CONNECT_TIMEOUT: '300' })
})

t.test('addresses, renderers, levels, switches', async t => {
  t.match(settingsOf({}, { ipv6: false }), { SLIPWAY_HOST: '0.0.0.0' })
  t.match(settingsOf({ ipVersion: 'forceIPv4' }), { SLIPWAY_HOST: '0.0.0.0' })
  t.match(settingsOf({ ssrEnabled: false }), { SLIPWAY_RENDERERS: 'csr' })
  t.match(settingsOf({ csrEnabled: false }), { SLIPWAY_RENDERERS: 'ssr' })
  for (const [official, level] of [['error', 'error'], ['info', 'info'], ['verbose', 'debug'], ['debug', 'trace'], [null, 'silent']]) {
    t.match(settingsOf({ logConsoleLevelCutoff: official }), { SLIPWAY_LOG_LEVEL: level })
  }
  t.match(settingsOf({ logDir: null }), { SLIPWAY_LOG_DIR: 'none' })
  for (const off of [{ logFileLevelCutoff: null }, { logFileTimeFormat: null }]) t.match(settingsOf(off), { SLIPWAY_LOG_FILE_LEVEL: 'none' })
  t.match(settingsOf({ logRestHttpRequestsAsLevel: null }), { SLIPWAY_LOG_REQUEST_LEVEL: 'silent' })
  t.match(settingsOf({ ssrGpuCount: 2, ssrUseEgl: true, logSpawnStdoutCategoryMask: 255, logSpawnUseDeltaTime: true }), {
    SLIPWAY_SSR_GPU_COUNT: '2', SLIPWAY_SSR_EGL: 'true', SLIPWAY_STREAM_SERVER_LOG_OUTPUT_MASK: '255', SLIPWAY_STREAM_SERVER_LOG_DELTA: 'true'
  })
  t.equal(settingsOf({ ssrUseEgl: true, ssrEnabled: false })['SLIPWAY_SSR_EGL'], undefined)
  t.match(settingsOf({ windowsServiceRespawnEnabled: true, windowsServiceRespawnLogSuffix: '_0' }), { SLIPWAY_SERVICE_RESPAWN: 'true', SLIPWAY_SERVICE_RESPAWN_LOG_SUFFIX: '_0' })
  t.match(settingsOf({ disableConsoleEnterToShutdown: true }), { SLIPWAY_ENTER_STOPS: 'false' })
  t.match(settingsOf({ publicHostname: 'cad.test', spawnServerAccessControlAllowOriginHeader: 'https://app.test' }), { SLIPWAY_PUBLIC_HOST: 'cad.test', SLIPWAY_CORS_ORIGIN: 'https://app.test' })
})
