import formBody from '@fastify/formbody'
import type { FastifyError, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import qs from 'qs'
import type { Clock } from '../src/clock.ts'
import { openedBody, rateLimited, refusalAnswer, refusalOf } from '../src/compat/answers.ts'
import { hangUp } from '../src/compat/hang-up.ts'
import { jsonBody } from '../src/compat/json-body.ts'
import { SpawnStory, wantsStory } from '../src/compat/spawn-story.ts'
import { parseViewRequest } from '../src/compat/view-request.ts'
import { isTerminal } from '../src/sessions/transitions.ts'
import type { OpenRequest, OpenResult } from '../src/spawning/outcome.ts'
import type { Refusal } from '../src/tunnel/refusal.ts'
import { confineDirectories } from '../src/spawning/search-directories.ts'

/**
 * The REST way to ask for a viewer: `POST /api/spawn` and `/service` answer once the stream server is ready (contract, sections
 * 1.2 to 1.4), or tells as it goes to whoever accepts `text/event-stream`. Encapsulated: body parsers and the official error shape stay in here.
 */
export interface RestHandshakeOptions {
  /** Folders that requests may narrow their search to; `anywhere`: they may name any. */
  modelDirs: readonly string[] | 'anywhere'
  clock: Clock
}

const restHandshake: FastifyPluginAsync<RestHandshakeOptions> = async (app, { modelDirs, clock }) => {
  const stories = new Map<string, SpawnStory>()
  app.removeAllContentTypeParsers()
  // The official server's limit of a list; of folders fewer are taken.
  await app.register(formBody, { parser: text => qs.parse(text, { arrayLimit: 100 }) })
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: FastifyRequest, text: string) => jsonBody(text))
  // As the official server: a body of another type is as good as none.
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null)
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const httpStatus = error.statusCode ?? 500
    if (httpStatus >= 500) request.log.error({ err: error }, 'viewing request failed')
    return reply.code(httpStatus).send({ result: 'error', reason: httpStatus >= 500 ? 'Internal error' : error.message })
  })

  const spawn = async (request: FastifyRequest, reply: FastifyReply) => {
    const signal = hangUp(reply.raw)
    const limit = await app.spawnLimit(request.ip)
    if (!limit.allowed) return await turnAway(reply, rateLimited(limit.retryAfter))
    const parsed = parseViewRequest(request.body, app.limitRanges)
    if (parsed.status === 'invalid') return await reply.code(400).send({ result: 'error', reason: parsed.problems.join('; ') })
    const confined = await confineDirectories(parsed.request.modelSearchDirectories, modelDirs)
    if (confined.status === 'refused') return await reply.code(400).send({ result: 'error', reason: confined.problems.join('; ') })

    const asked = { ...parsed.request, via: 'rest', caller: request.ip, modelSearchDirectories: confined.directories, signal } as const
    if (wantsStory(request.headers.accept)) return await tellStory(request, reply, asked)
    const result = await app.spawner.open(asked)
    return result.status === 'opened' ? await reply.send(given(request, result, signal)) : await turnAway(reply, refusalOf(result))
  }
  const wayBack = (token: string | undefined) => token === undefined ? undefined : { token, seconds: app.spawner.hold / 1_000 }
  const given = (request: FastifyRequest, { session, reentry: token }: OpenResult & { status: 'opened' }, signal: AbortSignal) => {
    if (signal.aborted) void app.spawner.stop(session.id, 'client_closed', 'caller')
    return openedBody(session.id, app.front.addressesOf(session, request.raw), app.streamServer, wayBack(token))
  }
  const tellStory = (request: FastifyRequest, reply: FastifyReply, asked: OpenRequest) => {
    const story = new SpawnStory(clock)
    const told: OpenRequest['told'] = progress => {
      if (progress.phase === 'waiting') story.waiting(progress.place, () => app.spawner.expectedWait(progress.place), wayBack(progress.reentry))
      else stories.set(progress.id, story)
    }
    app.spawner.open({ ...asked, told }).then(result => {
      if (result.status === 'opened') return story.ready(given(request, result, asked.signal))
      const { httpStatus, body } = refusalAnswer(refusalOf(result))
      story.refused(httpStatus, body)
    }).catch((error: unknown) => {
      request.log.error({ err: error }, 'viewing request failed')
      story.refused(500, { result: 'error', reason: 'Internal error' })
    })
    return reply.type('text/event-stream').header('cache-control', 'no-store').header('x-accel-buffering', 'no').send(story.body)
  }
  app.spawner.on('session', ({ id, state }) => {
    stories.get(id)?.state(id, state)
    if (state === 'ready' || isTerminal(state)) stories.delete(id)
  })
  for (const url of ['/api/spawn', '/service']) {
    app.post(url, spawn)
    app.options(url, async (_request, reply) => await reply.header('allow', 'POST').send('POST'))
  }
}

async function turnAway (reply: FastifyReply, refusal: Refusal): Promise<FastifyReply> {
  const { httpStatus, retryAfter, body } = refusalAnswer(refusal)
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter)
  return await reply.code(httpStatus).send(body)
}

export default restHandshake
