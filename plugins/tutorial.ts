import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { rateLimited, refusalAnswer, refusalOf } from '../src/compat/answers.ts'
import { hangUp } from '../src/compat/hang-up.ts'
import { jsonBody } from '../src/compat/json-body.ts'
import { isShown } from '../src/compat/official-states.ts'
import type { Refusal } from '../src/tunnel/refusal.ts'

/**
 * The service that Tech Soft 3D's tutorial builds, on our sessions: `POST /spawn` answers once the stream server is ready, `GET /status`
 * lists them (contract, section 6). Its `POST /liveliness/:id` is the status plugin under another path.
 */
const tutorial: FastifyPluginAsync = async app => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: FastifyRequest, text: string) => jsonBody(text))
  // A body of another type is as good as none.
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null)
  })
  app.options('/spawn', async (_request, reply) => await reply.header('allow', 'POST').send('POST'))

  app.post<{ Body: { rendererType?: unknown } | null | undefined }>('/spawn', async (request, reply) => {
    const signal = hangUp(reply.raw)
    const renderer = request.body?.rendererType === 'ssr' ? 'ssr' : 'csr'
    const limit = await app.spawnLimit(request.ip)
    if (!limit.allowed) return await turnAway(reply, rateLimited(limit.retryAfter))
    const result = await app.spawner.open({ renderer, via: 'rest', caller: request.ip, model: null, modelSearchDirectories: [], sessionToken: null, signal })
    if (result.status === 'opened') {
      if (signal.aborted) void app.spawner.stop(result.session.id, 'client_closed', 'caller')
      return { id: result.session.id, endpoint: app.front.addressesOf(result.session, request.raw).endpoint, rendererType: renderer }
    }
    return await turnAway(reply, refusalOf(result))
  })

  app.get('/status', async () => app.spawner.sessions().filter(isShown).map(({ id, port, renderer, createdAt }) => ({
    id,
    port,
    rendererType: renderer,
    startTime: new Date(createdAt).toISOString()
  })))
}

async function turnAway (reply: FastifyReply, refusal: Refusal): Promise<FastifyReply> {
  const { httpStatus, retryAfter, body } = refusalAnswer(refusal)
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter)
  return await reply.code(httpStatus).send(body)
}

export default tutorial
