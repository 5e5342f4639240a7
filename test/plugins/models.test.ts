import Fastify from 'fastify'
import t, { type Test } from 'tap'
import models from '../../plugins/models.ts'
import { appStage, loggingApp } from '../fixtures/app-stage.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { comesTrue } from '../fixtures/slipway.ts'

const folders = {
  one: { 'pump.glb': '', 'valve.GLTF': '', 'engine.sc': '', 'engine.scz': '', engine: {}, '.hidden.glb': '', '.hidden.sc': '', 'readme.txt': '', '.glb': '', glb: '', 'dot.ted.name.scz': '', 'dot.ted.name.glb': '' },
  two: { 'pump.glb': '', 'gear10.glb': '', 'gear9.glb': '', 'wheel.sc': '', nested: { 'deep.glb': '', 'deep.sc': '' } }
}

/** An application that knows nothing but which kind of stream server it has. */
async function modelsStage (t: Test, kind: 'embedded' | 'ts3d_sc_server', modelDirs: string[]) {
  const { app, log } = loggingApp(t)
  app.decorate('streamServer', { kind, name: 'test', options: 'own', keepsSeat: true, samples: [], executable: '/sc', leading: [], renderers: ['csr'] })
  app.decorate('spawner', { renderers: ['csr'] } as unknown as Fastify.FastifyInstance['spawner'])
  await app.register(models, { modelDirs, uploadBytes: null, singleFile: false, clock: new FakeClock() })
  return { app, log }
}

t.test('the embedded stream server shows glTF models, each name once, in natural order', async t => {
  const dir = t.testdir(folders)
  const { app } = await modelsStage(t, 'embedded', [`${dir}/one`, `${dir}/two`])
  const answer = await app.inject('/api/models')
  t.equal(answer.statusCode, 200)
  t.same(answer.json(), { streamServer: 'embedded', renderers: ['csr'], models: ['dot.ted.name', 'gear9', 'gear10', 'pump', 'valve'].map(name => ({ name })) })
})

t.test('whatever the embedded stream server can read is in the list', async t => {
  const { modelExtensions } = await import('../../src/stream-server/models/model-extensions.ts')
  const dir = t.testdir(Object.fromEntries(modelExtensions.map((extension, i) => [`model ${i}${extension.toUpperCase()}`, ''])))
  const { app } = await modelsStage(t, 'embedded', [dir])
  t.same((await app.inject('/api/models')).json<{ models: unknown }>().models, modelExtensions.map((_, i) => ({ name: `model ${i}` })))
})

t.test('ts3d_sc_server shows stream cache models, folders and archives', async t => {
  const dir = t.testdir(folders)
  const { app } = await modelsStage(t, 'ts3d_sc_server', [`${dir}/one`, `${dir}/two`])
  t.same((await app.inject('/api/models')).json(), { streamServer: 'ts3d_sc_server', renderers: ['csr'], models: ['dot.ted.name', 'engine', 'wheel'].map(name => ({ name })) })
})

t.test('a folder that is missing, or is none, is tolerated and told in the log', async t => {
  const dir = t.testdir(folders)
  const { app, log } = await modelsStage(t, 'embedded', [`${dir}/nothing`, `${dir}/one/pump.glb`, `${dir}/two`])
  t.match((await app.inject('/api/models')).json(), { models: [{ name: 'gear9' }, { name: 'gear10' }, { name: 'pump' }] })
  t.match(log.filter(line => line.level === 40), [{ directory: `${dir}/nothing`, code: 'ENOENT' }, { code: 'ENOTDIR' }])
})

t.test('what is put into a folder is in the list once it is whole, and told', async t => {
  const { app, dir, clock } = await appStage(t)
  await app.register(models, { modelDirs: [`${dir}/models`], uploadBytes: null, singleFile: false, clock })
  t.match((await app.inject('/api/models')).json(), { streamServer: 'ts3d_sc_server', renderers: ['csr', 'ssr'], models: [] })
  let told = 0
  app.modelList.on('changed', () => { told++ })
  const { rm, writeFile } = await import('node:fs/promises')
  await writeFile(`${dir}/models/new.scz`, '')
  await comesTrue('it is told', async () => { await clock.advance(1_000); return told === 1 })
  t.match((await app.inject('/api/models')).json(), { models: [{ name: 'new' }] })
  await rm(`${dir}/models/new.scz`)
  await comesTrue('its end is told', async () => { await clock.advance(1_000); return told === 2 })
  t.match((await app.inject('/api/models')).json(), { models: [] })
})
