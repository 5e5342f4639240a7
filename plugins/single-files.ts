import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import Type from 'typebox'
import { v4 } from 'uuid'
import type { Clock } from '../src/clock.ts'
import type { Launcher } from '../src/spawning/launcher.ts'
import { restartSeconds } from '../src/spawning/outcome.ts'
import { SingleFiles, type SingleFilesOptions } from '../src/spawning/single-files.ts'

/**
 * `GET /api/single-file?model=` is the whole model as one GLB, without a session. While it is made it answers 202 and says how far it is. Files stand in the workspace,
 * beside the packs they are made of; `single-files` in the domain says how they are made.
 */
export interface SingleFilePluginOptions {
  program: SingleFilesOptions['program']
  /** Absolute path of the prepared models. */
  packs: string
  /** Name of a single file in its pack. */
  fileName: string
  launcher: Launcher
  clock: Clock
}

const singleFiles: FastifyPluginAsyncTypebox<SingleFilePluginOptions> = async (app, { program, packs, fileName, launcher, clock }) => {
  const files = new SingleFiles({ launcher, program, draining: () => app.spawner.draining, newId: v4, clock })
  app.addHook('preClose', async () => { files.close() })
  const refuse = async (reply: FastifyReply, status: number, code: string, message: string) =>
    await reply.code(status).send({ result: 'error', reason: message, statusCode: status, code: code.toUpperCase(), error: 'Refused', message })

  app.get('/api/single-file', { schema: { querystring: Type.Object({ model: Type.String({ minLength: 1, maxLength: 200 }) }) } }, async (request, reply) => {
    const { model } = request.query
    // A page of somebody else's could not read the answer, and should not have it made.
    if (request.headers['sec-fetch-site'] === 'cross-site' && Object.keys(app.corsHeaders).length === 0) return await refuse(reply, 403, 'foreign_origin', 'Other pages may not ask here')
    if (files.starts(model)) {
      const limit = await app.spawnLimit(request.ip)
      if (!limit.allowed) {
        void reply.header('retry-after', limit.retryAfter)
        return await refuse(reply, 429, 'rate_limited', 'Too many requests')
      }
    }
    // It may be made room of between being made and being opened, once.
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await files.ask(model)
      switch (answer.status) {
        case 'making': return await reply.code(202).header('retry-after', 0).header('cache-control', 'no-store').send({ percent: answer.percent, step: answer.step })
        case 'refused': return await refuse(reply, answer.code === 'unknown_model' ? 404 : 422, answer.code, answer.message)
        case 'busy': {
          void reply.header('retry-after', 2)
          return await refuse(reply, 503, 'busy', 'Single files of other models are being made')
        }
        case 'draining': {
          void reply.header('retry-after', restartSeconds)
          return await refuse(reply, 503, 'draining', 'Server is shutting down')
        }
        case 'failed': {
          request.log.error({ model }, `a single file could not be made: ${answer.why}`)
          return await refuse(reply, 500, 'failed', 'The single file could not be made')
        }
        case 'made': {
          const tag = `"${answer.pack}-${fileName}"`
          void reply.headers({ etag: tag, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' })
          if (request.headers['if-none-match']?.split(',').some(each => each.trim().replace(/^W\//, '') === tag) === true) return await reply.code(304).send()
          const file = await open(join(packs, answer.pack, fileName), 'r').catch(() => null)
          if (file === null) continue
          return await reply.type('model/gltf-binary').header('content-length', (await file.stat()).size).send(file.createReadStream())
        }
      }
    }
    return await refuse(reply, 500, 'failed', 'The single file could not be kept: SLIPWAY_MODEL_CACHE_BYTES is too small for it')
  })
}

export default fp(singleFiles, { name: 'single-files', encapsulate: true, dependencies: ['access', 'spawn-limit', 'spawner'] })
