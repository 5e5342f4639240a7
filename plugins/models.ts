import { readdir } from 'node:fs/promises'
import { extname } from 'node:path'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'

/** What can be viewed: `GET /api/models` lists the models in the configured folders, the renderers offered and the kind of stream server. */
export interface ModelsOptions { modelDirs: readonly string[] }

const extensions = { embedded: ['.glb', '.gltf', '.step', '.stp', '.iges', '.igs', '.brep', '.3mf', '.obj', '.ply', '.stl'], ts3d_sc_server: ['.sc', '.scz'] } as const

const models: FastifyPluginAsyncTypebox<ModelsOptions> = async (app, { modelDirs }) => {
  const response = Type.Object({
    streamServer: Type.Enum(['embedded', 'ts3d_sc_server']),
    renderers: Type.Array(Type.Enum(['csr', 'ssr'])),
    models: Type.Array(Type.Object({ name: Type.String() }))
  })
  app.get('/api/models', { schema: { response: { 200: response } } }, async () => {
    const known: readonly string[] = extensions[app.streamServer.kind]
    const names = new Set<string>()
    for (const directory of modelDirs) {
      const entries = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
        app.log.warn({ directory, code: error.code }, 'a model folder cannot be read')
        return []
      })
      for (const entry of entries) {
        const extension = extname(entry)
        if (!entry.startsWith('.') && known.includes(extension.toLowerCase())) names.add(entry.slice(0, -extension.length))
      }
    }
    const sorted = [...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    return { streamServer: app.streamServer.kind, renderers: [...app.spawner.renderers], models: sorted.map(name => ({ name })) }
  })
}

export default models
