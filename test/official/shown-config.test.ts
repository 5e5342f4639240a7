import t from 'tap'
import { translated } from '../fixtures/official-file.ts'

/** What the status page shows of a configuration that is expected to be usable. */
function shown (changes: Record<string, unknown> = {}) {
  const translation = translated(changes)
  if (translation.status === 'invalid') throw new Error(translation.problems.join('\n'))
  return translation.shown
}

t.test('nobody is shown a secret', async t => {
  const { guarded, whole } = shown({ licenseFile: null, license: 'the+very$secret' })
  for (const config of [guarded, whole]) {
    t.match(config, { license: '<hidden>', sslPrivateKey: '<hidden>', sslCertificate: '<hidden>', spawnMaxSpawnCount: 32, publicHostname: null })
    t.notMatch(JSON.stringify(config), 'secret')
  }
})

t.test('paths are shown only where everything is', async t => {
  const { guarded, whole } = shown({ fileServerPort: 11_180, fileServerStaticDirs: ['web'] })
  t.notMatch(JSON.stringify(guarded), /\/srv|\/sdk|\/home|models|licence/)
  t.match(guarded, { modelDirs: '<hidden>', communicatorDir: '<hidden>', streamCacheExeFile: null })
  t.match(whole, {
    modelDirs: ['./models', '/srv/more'],
    serverDir: '/sdk/server/node',
    communicatorAbsDir: '/sdk',
    modelAbsDirs: ['/sdk/models', '/srv/more'],
    workspaceAbsDir: '/home/user/workspace',
    logAbsDir: '/home/user/ts3d_communicator_logs',
    licenseAbsFile: '/sdk/licence.txt',
    fileServerStaticAbsDirs: ['/sdk/web'],
    sslPrivateKeyAbsFile: null,
    statusUriBase: 'http://127.0.0.1:11182/api/spawns/',
    fileServerProxyDestinationUri: 'http://127.0.0.1:11182'
  })
  t.notOk('fileServerProxyDestinationUri' in shown().whole, 'only where viewers are passed on')
})
