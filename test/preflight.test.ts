import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { preflight, type Needs } from '../src/preflight.ts'

type Change = (needs: Needs, dir: string) => Partial<Needs>

/** Everything needed is in `dir`, but for what is changed. */
async function needs (t: Test, change: Change = () => ({})) {
  const dir = t.testdir({ sc: '#!/bin/sh\n', plain: 'not to be run', folder: {}, models: {}, public: {}, license: 'abc' })
  await chmod(`${dir}/sc`, 0o755)
  const all: Needs = {
    program: { kind: 'ts3d_sc_server', name: 'sc', options: 'official', keepsSeat: false, samples: [], executable: `${dir}/sc`, leading: [], renderers: ['csr', 'ssr'] },
    common: { modelDirs: [`${dir}/models`], workspaceDir: `${dir}/scratch/here`, licenseFile: `${dir}/license` },
    certificate: null,
    authorityFile: null,
    logDir: `${dir}/logs/here`,
    uploadDir: `${dir}/uploads/here`,
    publicDir: `${dir}/public`,
    staticDirs: []
  }
  const problems = async (platform: NodeJS.Platform = 'linux') => (await preflight({ ...all, ...change(all, dir) }, platform)).map(problem => problem.replaceAll(dir, '~'))
  return { dir, problems }
}

t.test('what a start needs is made or found before the first one', async t => {
  const { dir, problems } = await needs(t)
  t.same(await problems(), [])
  t.ok(existsSync(`${dir}/scratch/here`), 'the workspace is made')
  t.ok(existsSync(`${dir}/logs/here`), 'the log folder is made')
})

for (const [name, change, expected] of [
  ['a missing stream server', ({ program }, dir) => ({ program: { ...program, executable: `${dir}/nothing` } }), ['SLIPWAY_STREAM_SERVER: ~/nothing is not an executable file (ENOENT)']],
  ['a stream server that may not be run', ({ program }, dir) => ({ program: { ...program, executable: `${dir}/plain` } }), ['SLIPWAY_STREAM_SERVER: ~/plain is not an executable file (EACCES)']],
  ['a folder for a stream server', ({ program }, dir) => ({ program: { ...program, executable: `${dir}/folder` } }), ['SLIPWAY_STREAM_SERVER: ~/folder is not an executable file (EISDIR)']],
  ['an embedded stream server that is not built', ({ program }, dir) => ({ program: { ...program, kind: 'embedded', leading: [`${dir}/main.mjs`] } }), ['the embedded stream server is not built: ~/main.mjs is missing; run npm run build (ENOENT)']],
  ['a missing licence', ({ common }, dir) => ({ common: { ...common, licenseFile: `${dir}/none` } }), ['SLIPWAY_LICENSE_FILE: ~/none cannot be read (ENOENT)']],
  ['a missing model folder', ({ common }, dir) => ({ common: { ...common, modelDirs: [`${dir}/models`, `${dir}/none`] } }), ['SLIPWAY_MODEL_DIRS: ~/none cannot be read (ENOENT)']],
  ['a file for a model folder', ({ common }, dir) => ({ common: { ...common, modelDirs: [`${dir}/plain`] } }), ['SLIPWAY_MODEL_DIRS: ~/plain cannot be read (ENOTDIR)']],
  ['a workspace that cannot be made', ({ common }, dir) => ({ common: { ...common, workspaceDir: `${dir}/plain/scratch` } }), ['SLIPWAY_WORKSPACE_DIR: ~/plain/scratch cannot be made (ENOTDIR)']],
  ['an upload folder that cannot be made', (_, dir) => ({ uploadDir: `${dir}/plain/here` }), ['SLIPWAY_UPLOAD_DIR: ~/plain/here cannot be written (ENOTDIR)']],
  ['a log folder that cannot be made', (_, dir) => ({ logDir: `${dir}/plain` }), ['SLIPWAY_LOG_DIR: ~/plain cannot be made (EEXIST)']],
  ['folders below /proc, where none can be made,', ({ common }) => ({ common: { ...common, workspaceDir: '/proc/none/here' }, logDir: '/proc/none/logs' }), ['SLIPWAY_WORKSPACE_DIR: /proc/none/here cannot be made (ENOENT)', 'SLIPWAY_LOG_DIR: /proc/none/logs cannot be made (ENOENT)']],
  ['a file for a static folder', (_, dir) => ({ staticDirs: [`${dir}/plain`] }), ['SLIPWAY_STATIC_DIRS: ~/plain cannot be read (ENOTDIR)']],
  ['a missing page', (_, dir) => ({ publicDir: `${dir}/none` }), ['SLIPWAY_PUBLIC_DIR: ~/none cannot be read (ENOENT)']],
  ['everything at once', ({ program, common }, dir) => ({
    program: { ...program, executable: `${dir}/nothing` },
    common: { ...common, licenseFile: `${dir}/none`, modelDirs: [`${dir}/a`, `${dir}/b`], workspaceDir: `${dir}/plain/scratch` },
    logDir: `${dir}/plain/log`
  }), [
    'SLIPWAY_STREAM_SERVER: ~/nothing is not an executable file (ENOENT)',
    'SLIPWAY_LICENSE_FILE: ~/none cannot be read (ENOENT)',
    'SLIPWAY_MODEL_DIRS: ~/a cannot be read (ENOENT)',
    'SLIPWAY_MODEL_DIRS: ~/b cannot be read (ENOENT)',
    'SLIPWAY_WORKSPACE_DIR: ~/plain/scratch cannot be made (ENOTDIR)',
    'SLIPWAY_LOG_DIR: ~/plain/log cannot be made (ENOTDIR)'
  ]]
] as Array<[string, Change, string[]]>) {
  t.test(`${name} is told before anything is bound`, async t => {
    const { problems } = await needs(t, change)
    t.same(await problems(), expected)
  })
}

t.test('what only one system has is refused on others', async t => {
  const { problems } = await needs(t, ({ common }) => ({ common: { ...common, egl: true, respawn: { logSuffix: '' } } }))
  t.same(await problems('linux'), ['SLIPWAY_SERVICE_RESPAWN: stream servers can be started again on Windows only'])
  t.same(await problems('win32'), ['SLIPWAY_SSR_EGL: EGL is there on Linux only'])
})
