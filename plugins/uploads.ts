import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import Type from 'typebox'
import type { Clock } from '../src/clock.ts'
import { modelEndings } from '../src/model-folders/model-files.ts'
import { UploadPlace, type UploadLimits, type UploadRefusal } from '../src/model-folders/upload-place.ts'

/**
 * `POST /api/models?file=<name>` takes a model file as the bare body of the request, where a folder for uploads is configured. Origins are checked by `access`
 * as everywhere. Encapsulated: its body is a stream of any type.
 */
export interface UploadsOptions {
  /** Absolute. */
  folder: string
  limits: UploadLimits
  /** Files that one address may send in a minute; 0: no limit. */
  perMinute: number
  clock: Clock
}

const httpStatus: Record<UploadRefusal['code'], number> = { bad_name: 400, bad_ending: 415, empty: 400, exists: 409, too_large: 413, folder_full: 507, too_slow: 408, busy: 503 }
const names: Record<number, string> = { 400: 'Bad Request', 408: 'Request Timeout', 409: 'Conflict', 413: 'Payload Too Large', 415: 'Unsupported Media Type', 429: 'Too Many Requests', 503: 'Service Unavailable', 507: 'Insufficient Storage' }

/** Milliseconds for which what is still being sent is read and thrown away after a refusal: browsers read an answer only when they have sent all, or are let go in good order. */
const drainTime = 10_000

const uploads: FastifyPluginAsyncTypebox<UploadsOptions> = async (app, { folder, limits, perMinute, clock }) => {
  const place = new UploadPlace({ folder, limits, endings: modelEndings[app.streamServer.kind], taken: async name => (await app.modelList.names()).includes(name), clock })
  const limiter = app.createRateLimit({ max: Math.max(1, perMinute), timeWindow: 60_000, keyGenerator: request => request.ip })
  app.addHook('onClose', async () => { await place.close() })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => { done(null, payload) })

  const refuse = async (reply: FastifyReply, body: Readable, status: number, code: string, message: string) => {
    const cancel = clock.after(drainTime, () => { body.destroy() })
    body.once('close', cancel).once('end', cancel).resume()
    return await reply.code(status).send({ result: 'error', reason: message, statusCode: status, code: code.toUpperCase(), error: names[status], message })
  }
  app.post('/api/models', { config: { slowArrival: true }, schema: { querystring: Type.Object({ file: Type.String({ minLength: 1, maxLength: 1_000 }) }) } }, async (request, reply) => {
    const { raw, headers } = request
    const counted = perMinute === 0 ? undefined : await limiter(request)
    if (counted !== undefined && !counted.isAllowed && counted.isExceeded) {
      void reply.header('retry-after', Math.max(1, counted.ttlInSeconds))
      return await refuse(reply, raw, 429, 'rate_limited', 'Too many files were sent in a minute')
    }
    if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') return await refuse(reply, raw, 415, 'bad_encoding', 'The file has to be sent as it is, not compressed')
    const size = headers['content-length']
    const outcome = await place.take(request.query.file, size === undefined ? undefined : Number(size), raw)
    if (outcome.status === 'aborted') {
      request.log.info({ file: request.query.file }, 'an upload was given up by its sender')
      return await refuse(reply, raw, 400, 'aborted', 'The file did not come to its end')
    }
    if (outcome.status === 'refused') {
      if (outcome.code === 'busy') void reply.header('retry-after', 2)
      return await refuse(reply, raw, httpStatus[outcome.code], outcome.code, outcome.message)
    }
    request.log.info({ model: outcome.name, path: outcome.path, bytes: outcome.bytes }, 'a model was uploaded')
    await app.modelList.whole(outcome.path)
    return await reply.code(201).send({ result: 'ok', name: outcome.name, bytes: outcome.bytes })
  })
  app.options('/api/models', async (_request, reply) => await reply.header('allow', 'POST').send('POST'))
}

export default fp(uploads, { name: 'uploads', encapsulate: true, dependencies: ['models', 'spawn-limit'] })
