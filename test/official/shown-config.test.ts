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
    sslPrivateKeyAbsFile: null
  })
})

t.test('the program is the one that is run, also where the file names none', async t => {
  t.match(shown().whole, { streamCacheExeFile: null, spawnExeAbsFile: '/sdk/server/bin/linux64/ts3d_sc_server' })
  t.match(shown({ streamCacheExeFile: 'mine/server' }).whole, { spawnExeAbsFile: '/sdk/mine/server' })
})

t.test('an address is shown without what is secret in it', async t => {
  t.match(shown({ restFileserver: 'https://user:pass@files.test/sc?sig=secret' }).whole, { restFileserver: 'https://<hidden>@files.test/sc?<hidden>' })
})

t.test('what else stands in the file is shown too, as far as JSON has it and as it is no secret', async t => {
  const loop: Record<string, unknown> = { name: 'a loop' }
  loop['self'] = loop
  const extra = {
    companyName: 'Example',
    limits: [1, true, null],
    match: /x/,
    big: 12n,
    hook: () => {},
    loop,
    adminKey: 'the secret',
    nested: { apiToken: 'the secret', Password: 'the secret', list: [{ client_secret: 'the secret', path: '/srv/private' }] },
    companyLicense: 'the secret'
  }
  const { guarded, whole } = shown(extra)
  t.match(JSON.parse(JSON.stringify(whole)), {
    companyName: 'Example',
    limits: [1, true, null],
    match: {},
    big: '12',
    hook: undefined,
    loop: { name: 'a loop', self: undefined },
    adminKey: '<hidden>',
    nested: { apiToken: '<hidden>', Password: '<hidden>', list: [{ client_secret: '<hidden>', path: '/srv/private' }] },
    companyLicense: '<hidden>',
    license: '<hidden>'
  })
  t.match(JSON.parse(JSON.stringify(guarded)), { companyName: '<hidden>', limits: [1, true, null], match: {}, nested: { list: [{ path: '<hidden>' }] } })
  for (const config of [guarded, whole]) t.notMatch(JSON.stringify(config), 'the secret')
  t.notMatch(JSON.stringify(guarded), /srv|Example/)
})
