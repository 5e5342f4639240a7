import type { FastifyPluginAsync } from 'fastify'
import type { LoadGate } from '../src/load/load-gate.ts'
import { mayAdminister, type Administration } from '../src/access/administrator.ts'
import type { Clock } from '../src/clock.ts'
import { helpPage } from '../src/compat/help-page.ts'
import { gained, memoryPage } from '../src/compat/memory-page.ts'
import { isShown, officialState, officialStates, suspectAfter } from '../src/compat/official-states.ts'

/**
 * The official server's pages: `GET /api/help`, `/api/status`, `/api/spawns`, `POST /api/gc`, `/api/shutdown` (contract, sections 1.5 to 1.9).
 * Encapsulated: indented JSON, unless `?raw=true` asks for it in one line; bodies are not read.
 */
export interface OfficialPagesOptions extends Administration {
  /** What the status page shows as the configuration, besides what follows. */
  config: Readonly<Record<string, unknown>>
  /** Whether the file server passes viewers on. */
  proxiesViewers: boolean
  /** Seconds. */
  pingInterval: number
  /** Whether the machine is too busy; absent: it is not looked at. */
  gate?: LoadGate
  /** Seconds. */
  firstConnectTimeout: number
  /** Collects garbage now; not there unless Node was started with --expose-gc. */
  collectGarbage: (() => void) | undefined
  /** Stops the service in good order. */
  stop: () => void
  clock: Clock
}

const officialPages: FastifyPluginAsync<OfficialPagesOptions> = async (app, options) => {
  const { spawner, portPool } = app
  const { config, open, proxiesViewers, pingInterval, firstConnectTimeout, gate, collectGarbage, stop, clock } = options
  const timestamp = () => new Date(clock.now()).toISOString()
  const shown = () => {
    const suspicion = { now: clock.now(), suspectAfter: suspectAfter(pingInterval) }
    return spawner.sessions().filter(isShown).map(session => ({ session, state: officialState(session, suspicion) }))
  }
  if (open) {
    app.addHook('onReady', async () => {
      app.log.warn('SLIPWAY_OPEN: any page may ask, requests may name any folder of this machine, anybody may stop the service and read its configuration')
    })
  }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null)
  })
  app.addHook<{ Querystring: Record<string, unknown> }>('onRequest', async ({ query }, reply) => {
    if (!/^true$/i.test(String(query['raw']))) reply.type('application/json; charset=utf-8').serializer(payload => JSON.stringify(payload, null, 2))
  })
  for (const [allowed, urls] of [['GET,HEAD', ['/api/help', '/api/status', '/api/spawns']], ['POST', ['/api/gc', '/api/shutdown']]] as const) {
    for (const url of urls) app.options(url, async (_request, reply) => await reply.header('allow', allowed).type('text/html; charset=utf-8').serializer(String).send(allowed))
  }

  app.get('/api/help', async ({ protocol, host }) => helpPage(`${protocol}://${host}`))

  app.get('/api/status', async () => {
    const counts = Object.fromEntries(officialStates.map(state => [state, 0]))
    for (const { state } of shown()) counts[state]! += 1
    const { leased } = portPool.counts()
    const gpus = spawner.gpuSessions()
    const { readyAhead } = spawner
    return {
      timestamp: timestamp(),
      status: 'ok',
      config: {
        ...config,
        ...open ? addresses(app.statusBase(), proxiesViewers) : {},
        spawnMaxSpawnCount: spawner.maxSessions,
        csrEnabled: spawner.renderers.includes('csr'),
        ssrEnabled: spawner.renderers.includes('ssr'),
        spawnLivelinessReportIntervalTime: pingInterval,
        spawnInitialUseDuration: firstConnectTimeout
      },
      memory: memoryPage(process.memoryUsage()),
      usedSpawnPorts: leased,
      availableSpawnPorts: portPool.size - leased,
      ...counts,
      ...readyAhead === null ? {} : { readyAhead },
      ...gate?.watches === true ? { loadGate: { closed: gate.closed, ...gate.readings } } : {},
      ...gpus.length > 0 ? { gpuAllocation: { ...gpus } } : {}
    }
  })

  app.get('/api/spawns', async () => ({
    timestamp: timestamp(),
    spawns: shown().map(({ session: { id, createdAt, lastReportAt }, state }) => ({
      id,
      state,
      spawnTime: new Date(createdAt).toISOString(),
      lastUpdateTime: new Date(lastReportAt ?? createdAt).toISOString()
    }))
  }))

  await app.register(async guarded => {
    guarded.addHook('onRequest', async (request, reply) => {
      if (request.method === 'OPTIONS' || mayAdminister(request, options)) return
      await reply.code(403).send({ status: 'failed', reason: 'This is for programs on this machine, or with the key of SLIPWAY_ADMIN_KEY' })
    })

    guarded.post('/api/gc', async (_request, reply) => {
      if (collectGarbage === undefined) return await reply.code(503).send({ status: 'failed', reason: 'Manual GC is not enabled' })
      const before = process.memoryUsage()
      collectGarbage()
      const after = process.memoryUsage()
      return { status: 'ok', preGcMemory: memoryPage(before), postGcMemory: memoryPage(after), delta: memoryPage(gained(before, after)) }
    })

    guarded.post('/api/shutdown', async ({ ip }, reply) => {
      app.log.warn({ ip }, 'the service is stopped over REST')
      reply.raw.once('close', stop)
      return { status: 'ok', message: 'Server is shutting down' }
    })
  })
}

/** Where the stream servers report to, and where the file server passes viewers on to. */
const addresses = (statusUriBase: string, proxiesViewers: boolean) =>
  ({ statusUriBase, ...proxiesViewers ? { fileServerProxyDestinationUri: statusUriBase.replace(/\/api\/spawns\/$/, '') } : {} })

export default officialPages
