import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { CallerProblem } from '../src/access/callers.ts'
import type { Clock } from '../src/clock.ts'
import { rateLimited, refusalOf } from '../src/compat/answers.ts'
import type { Admission, Admitted } from '../src/front/admission.ts'
import { withoutPrefix } from '../src/front/endpoint.ts'
import { readWay } from '../src/front/way.ts'
import { limitsInQuery } from '../src/sessions/asked-limits.ts'
import type { SessionView } from '../src/sessions/session.ts'
import type { Certificate } from '../src/tls/certificate.ts'
import type { Carrier } from '../src/tunnel/carrier.ts'
import { dial } from '../src/tunnel/dial.ts'
import { ParkedSocket } from '../src/tunnel/parked-socket.ts'
import { refuse, wantsCloseFrame, type Refusal, type RefusalForm } from '../src/tunnel/refusal.ts'
import type { Tunnel } from '../src/tunnel/tunnel.ts'
import { TunnelSet } from '../src/tunnel/tunnel-set.ts'
import { composeUpgrade, readUpgrade, type UpgradeRequest } from '../src/tunnel/upgrade-request.ts'
import { VanishedViewers } from '../src/tunnel/vanished-viewers.ts'

/**
 * The WebSocket way to ask for a viewer: an upgrade on any path starts a stream server and is tunnelled to it; `/wsproxy/<port>` and
 * `/s/<token>` join a session that lives already. Owns the one `upgrade` listener of the real server, since viewers are carried as raw bytes; upgrades
 * for our own live events are passed on to `own`. Decorates `tunnels`, and `viewerUpgrade` for other listeners. `preClose` waits for the sessions, then closes what is left.
 */
export interface WebSocketProxyOptions {
  own: { path: string, upgrades: EventEmitter }
  admission: Admission
  /** Address the stream servers listen on. */
  streamHost: string
  /** What stream servers present; null: they speak no TLS. */
  upstream: Certificate | null
  /** Carries viewers in place of this process; absent or null: nobody does. */
  carrier?: Carrier | null
  clock: Clock
}

declare module 'fastify' {
  interface FastifyInstance {
    tunnels: TunnelSet
    /** Serves an upgrade as a viewer's, or turns it away: for what `stranger` says, where it is one. */
    viewerUpgrade: (request: IncomingMessage, socket: Socket, head: Buffer, stranger: CallerProblem | null) => void
  }
}

/** Milliseconds a stream server that said it is ready may take to accept a connection. */
const dialTimeout = 5_000

/** Milliseconds in which a stream server that hung up on its viewer says that it leaves, or is found dead. */
const lastWord = 1_000

/** Milliseconds a tunnel may take to deliver the last words of a stream server that has ended. */
const farewell = 2_000

const websocketProxy: FastifyPluginAsync<WebSocketProxyOptions> = async (app, { own, admission, streamHost, upstream, carrier = null, clock }) => {
  const { front, spawner, spawnLimit } = app
  const tunnels = new TunnelSet()
  const vanished = new VanishedViewers(tunnels, clock)
  app.decorate('tunnels', tunnels)

  const viewerUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer, stranger: CallerProblem | null) => {
    const reading = readUpgrade(request)
    const [path = '', query] = (reading.status === 'valid' ? reading.upgrade.target : request.url ?? '').split('?', 2)
    const way = readWay(path)
    const viewer = new ParkedSocket(socket, head)
    const turnAway = (refusal: Refusal) => {
      const taken = viewer.take()
      // A token opens a session: it is not for the log.
      app.log.info({ path: way.to === 'token' ? '/s/…' : path, code: refusal.code }, `viewer refused: ${refusal.reason}`)
      if (taken === undefined) return
      const upgrade = reading.status === 'valid' ? reading.upgrade : undefined
      refuse(taken.socket, refusal, { acceptThenClose: wantsCloseFrame(request), key: upgrade?.key, protocol: upgrade?.protocols[0] }, clock)
    }
    if (stranger !== null) return turnAway({ code: stranger.code, reason: stranger.message })
    if (reading.status === 'malformed') return turnAway({ code: 'bad_request', reason: reading.reason })
    if (way.to === 'nowhere') return turnAway({ code: 'unknown_session', reason: way.why })
    const served = way.to === 'new'
      ? start(viewer, reading.upgrade, request, new URLSearchParams(query), turnAway)
      : joinSession(viewer, reading.upgrade, request, admission.admit(way), turnAway)
    served.catch((error: unknown) => {
      app.log.error({ err: error }, 'viewer upgrade failed')
      turnAway({ code: 'start_failed', reason: 'Internal error' })
    })
  }

  async function start (viewer: ParkedSocket, upgrade: UpgradeRequest, request: IncomingMessage, query: URLSearchParams, turnAway: (refusal: Refusal) => void) {
    const renderer = query.get('renderingLocation') === 'ssr' ? 'ssr' : 'csr'
    const asked = limitsInQuery(query, app.limitRanges)
    if (asked.status === 'invalid') return turnAway({ code: 'bad_request', reason: asked.problems.join('; ') })
    const caller = front.callerOf(request).address
    const limit = await spawnLimit(caller)
    if (!limit.allowed) return turnAway(rateLimited(limit.retryAfter))
    const result = await spawner.open({ renderer, via: 'proxy', caller, model: null, viewerModel: query.get('model'), limits: asked.limits, modelSearchDirectories: [], sessionToken: null, signal: viewer.gone })
    if (result.status !== 'opened') return turnAway(refusalOf(result))
    const { id } = result.session
    const met = await join(viewer, upgrade, request, result.session, turnAway, { noWayBack: true })
    // Started for this viewer alone: whatever became of it, the session goes with it.
    if (met === 'neverMet') await spawner.stop(id, 'client_closed')
    else if (met === 'unreachable') await spawner.stop(id, 'unreachable')
    else {
      void parting(id, met).then(who => {
        if (who === 'viewer') spawner.viewerLeft(id)
        else later(lastWord, () => { spawner.viewerLeft(id) })
      })
    }
  }

  async function joinSession (viewer: ParkedSocket, upgrade: UpgradeRequest, request: IncomingMessage, admitted: Admitted, turnAway: (refusal: Refusal) => void) {
    if (admitted.status === 'refused') return turnAway(admitted.refusal)
    const { session, session: { id }, rest, hold } = admitted
    const query = upgrade.target.indexOf('?')
    const target = query === -1 ? rest : rest + upgrade.target.slice(query)
    const leave = () => {
      if (tunnels.of(id).length === 0) spawner.viewerAway(id)
      hold.release()
    }
    let met: Tunnel | string | undefined
    try {
      met = await join(viewer, { ...upgrade, target }, request, session, turnAway)
    } finally {
      if (typeof met !== 'object') leave()
    }
    if (typeof met === 'object') void parting(id, met).then(leave)
  }

  /** Joins viewer and stream server; resolves with their tunnel, or with why there is none. What they were joined by is forgotten then: tunnels are many, and last. */
  async function join (viewer: ParkedSocket, upgrade: UpgradeRequest, request: IncomingMessage, session: SessionView, turnAway: (refusal: Refusal) => void, { noWayBack = false } = {}): Promise<Tunnel | 'neverMet' | 'unreachable'> {
    const { id, port } = session
    // A certificate that was replaced a moment ago is known to stream servers that have started since.
    await upstream?.look()
    const opening = composeUpgrade(upgrade, { host: streamHost, port: port ?? 0, forwardedFor: request.socket.remoteAddress, believed: front.isProxy(request), noWayBack })
    const knows = upstream === null ? undefined : (fingerprint: string) => upstream.isOurs(fingerprint)
    const result = await dial(viewer, { host: streamHost, port: port ?? 0, opening, timeout: dialTimeout, clock, knows, onInput: spawner.watchesInput(id) ? () => { spawner.viewerInput(id) } : undefined, unheard: tellUnheard(id, { acceptThenClose: wantsCloseFrame(request), key: upgrade.key, protocol: upgrade.protocols[0] }), carrier: carrier ?? undefined })
    if (result.status === 'viewerGone') return 'neverMet'
    if (result.status === 'unreachable') {
      turnAway({ code: 'start_failed', reason: `The stream server cannot be reached: ${result.message}` })
      return 'unreachable'
    }
    tunnels.add(id, result.tunnel)
    spawner.viewerCame(id)
    if (spawner.session(id)?.endedAt !== null) sayFarewell(id)
    return result.tunnel
  }

  /** Tells a viewer whose stream server has hung up before its first byte. A tunnel keeps it for its whole life: nothing else of the request must hang on it. */
  function tellUnheard (id: string, form: RefusalForm): (viewer: Socket) => void {
    return viewer => {
      const reason = spawner.session(id)?.reason
      const refusal = reason === 'drain' || reason === 'admin' ? refusalOf({ status: 'cancelled', reason }) : { code: 'start_failed', reason: 'The stream server hung up before it answered' } as const
      app.log.info({ spawnId: id, code: refusal.code }, `viewer refused: ${refusal.reason}`)
      refuse(viewer, refusal, form, clock)
    }
  }

  /** Resolves when a tunnel has closed, with who left. */
  async function parting (id: string, { closed }: Tunnel): Promise<'viewer' | 'streamServer'> {
    const { cause } = await closed
    if (cause === 'viewerVanished') app.log.info({ spawnId: id }, 'viewer vanished: its machine has left what was sent unanswered')
    if (cause === 'carrierLost') app.log.warn({ spawnId: id }, 'viewer cut off: the carrier died or could not go on')
    return cause === 'carrierLost' || cause.startsWith('viewer') ? 'viewer' : 'streamServer'
  }

  app.decorate('viewerUpgrade', viewerUpgrade)
  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    request.url = withoutPrefix(request.url ?? '', front.prefix)
    const stranger = app.callerProblem(request)
    const reading = readUpgrade(request)
    if (stranger === null && reading.status === 'valid' && reading.upgrade.target.split('?', 1)[0] === own.path) own.upgrades.emit('upgrade', request, socket, head)
    else viewerUpgrade(request, socket, head, stranger)
  })
  // A viewer that does not read keeps its tunnel from noticing that the stream server is gone.
  spawner.on('session', ({ id, endedAt }) => { if (endedAt !== null) sayFarewell(id) })
  function sayFarewell (id: string): void {
    if (tunnels.of(id).length > 0) later(farewell, () => { for (const tunnel of tunnels.of(id)) tunnel.destroy() })
  }
  carrier?.on('lost', ({ viewers, cause }) => { app.log.error({ viewers, cause }, `the native carrier ${cause}; ${viewers} viewers end with it, another is started, and the service carries meanwhile`) })
  carrier?.on('restarted', () => { app.log.warn('the native carrier is back') })
  app.addHook('preClose', async () => {
    await spawner.emptied()
    await tunnels.destroy()
    await carrier?.close()
    vanished.close()
    admission.close()
    for (const cancel of pending) cancel()
  })

  /** Timers of this plugin that still run: whoever closes it cancels them. */
  const pending = new Set<() => void>()
  function later (milliseconds: number, action: () => void): void {
    const cancel = clock.after(milliseconds, () => {
      pending.delete(cancel)
      action()
    })
    pending.add(cancel)
  }
}

export default fp(websocketProxy, { name: 'websocket-proxy', dependencies: ['front', 'spawner', 'spawn-limit'] })
