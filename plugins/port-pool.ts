import { readFile } from 'node:fs/promises'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../src/clock.ts'
import { PortPool } from '../src/ports/port-pool.ts'
import { bindProbe } from '../src/ports/port-probe.ts'
import { parseEphemeralRange, rangeWarnings } from '../src/ports/port-range.ts'

/** Lends the stream servers their ports. Decorates `portPool`. `onReady` warns of an unwise range, `onClose` sends waiters away. */
export interface PortPoolPluginOptions {
  begin: number
  count: number
  /** Seconds. */
  rest: number
  /** Seconds. */
  retry: number
  /** Ports this service listens on itself. */
  own: readonly number[]
  clock: Clock
}

declare module 'fastify' {
  interface FastifyInstance { portPool: PortPool }
}

const portPool: FastifyPluginAsync<PortPoolPluginOptions> = async (app, { begin, count, rest, retry, own, clock }) => {
  const pool = new PortPool({ begin, count, rest: rest * 1_000, retry: retry * 1_000, probe: bindProbe, clock })
  pool.on('blocked', ({ port, why }) => { app.log.warn({ port, why, retry }, `port ${port} is left alone for ${retry} s: ${why}`) })
  pool.on('unblocked', ({ port }) => { app.log.info({ port }, `port ${port} is free again`) })
  app.decorate('portPool', pool)

  app.addHook('onReady', async () => {
    const ephemeral = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').then(parseEphemeralRange, () => undefined)
    for (const warning of rangeWarnings({ first: begin, last: begin + count - 1 }, ephemeral, own)) app.log.warn(warning)
  })
  app.addHook('onClose', async () => { pool.close() })
}

export default fp(portPool, { name: 'port-pool' })
