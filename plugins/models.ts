import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import Type from 'typebox'
import type { Clock } from '../src/clock.ts'
import { modelEndings } from '../src/model-folders/model-files.ts'
import { ModelList } from '../src/model-folders/model-list.ts'

/**
 * What can be viewed: `GET /api/models` lists the models in the configured folders, the renderers offered and the kind of stream server.
 * With `upload` it says what may be sent. Decorates `modelList`, which tells when a model comes or goes.
 */
export interface ModelsOptions {
  modelDirs: readonly string[]
  /** Largest file that may be uploaded, in bytes; null: none may. */
  uploadBytes: number | null
  /** Whether models are offered as single files too. */
  singleFile: boolean
  clock: Clock
}

declare module 'fastify' {
  interface FastifyInstance { modelList: ModelList }
}

const models: FastifyPluginAsyncTypebox<ModelsOptions> = async (app, { modelDirs, uploadBytes, singleFile, clock }) => {
  const response = Type.Object({
    streamServer: Type.Enum(['embedded', 'ts3d_sc_server']),
    renderers: Type.Array(Type.Enum(['csr', 'ssr'])),
    models: Type.Array(Type.Object({ name: Type.String() })),
    singleFile: Type.Optional(Type.Boolean()),
    upload: Type.Optional(Type.Object({ bytes: Type.Integer(), endings: Type.Array(Type.String()) }))
  })
  const endings = modelEndings[app.streamServer.kind]
  const list = new ModelList({ folders: modelDirs, endings, warn: (facts, words) => { app.log.warn(facts, words) }, clock })
  app.decorate('modelList', list)
  app.addHook('onReady', async () => { await list.names() })
  app.addHook('onClose', async () => { list.close() })
  app.get('/api/models', { schema: { response: { 200: response } } }, async () => ({
    streamServer: app.streamServer.kind,
    renderers: [...app.spawner.renderers],
    models: (await list.names()).map(name => ({ name })),
    ...singleFile ? { singleFile } : {},
    ...uploadBytes === null ? {} : { upload: { bytes: uploadBytes, endings: [...endings] } }
  }))
}

export default fp(models, { name: 'models' })
