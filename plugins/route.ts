import type { FastifyPluginAsync } from 'fastify'
import type { Admission } from '../src/front/admission.ts'
import { withoutPrefix } from '../src/front/endpoint.ts'
import { readWay } from '../src/front/way.ts'

/**
 * For a proxy that carries viewers itself: `GET /api/route` says where the address in `X-Original-URI` leads, in headers, or 403. nginx
 * asks by `auth_request`. Answers trusted proxies only.
 */
export interface RouteOptions {
  admission: Admission
  /** Address the stream servers listen on. */
  streamHost: string
}

/** Milliseconds a seat is kept for the viewer whose proxy has just been told the way. */
const wayTime = 5_000

const route: FastifyPluginAsync<RouteOptions> = async (app, { admission, streamHost }) => {
  app.get('/api/route', { logLevel: 'warn' }, async (request, reply) => {
    // Proxies keep this address from the outside, and no other way of writing it.
    if (request.originalUrl !== '/api/route') return await reply.code(404).send({ result: 'error', reason: 'Not Found' })
    if (!app.front.isProxy(request.raw)) return await reply.code(403).send({ result: 'error', reason: 'This is for the proxies in SLIPWAY_TRUSTED_PROXIES' })
    const stranger = app.callerProblem(request.raw)
    if (stranger !== null) return await reply.code(403).header('x-slipway-refusal', stranger.code).send({ result: 'error', reason: stranger.message, code: stranger.code })
    const address = request.headers['x-original-uri']
    if (typeof address !== 'string') return await reply.code(400).send({ result: 'error', reason: 'X-Original-URI: expected the address the viewer asked for' })
    const [path = '', query] = withoutPrefix(address, app.front.prefix).split('?', 2)
    const way = readWay(path)
    const admitted = way.to === 'port' || way.to === 'token' ? admission.admit(way) : undefined
    if (admitted?.status !== 'admitted') {
      const { code, reason } = admitted?.refusal ?? { code: 'unknown_session', reason: 'Expected /s/<token> or /wsproxy/<port>' }
      return await reply.code(403).header('x-slipway-refusal', code).send({ result: 'error', reason, code })
    }
    admitted.hold.releaseAfter(wayTime)
    const { session: { port }, rest } = admitted
    return await reply.code(204).headers({
      'x-slipway-upstream': `${streamHost.includes(':') ? `[${streamHost}]` : streamHost}:${port}`,
      'x-slipway-path': query === undefined ? rest : `${rest}?${query}`
    }).send()
  })
}

export default route
