import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../src/clock.ts'
import type { LoadGate, Readings } from '../src/load/load-gate.ts'
import { LoopWatch } from '../src/load/loop-watch.ts'

/**
 * Tells the load gate, while the service listens, how busy the machine is, and the log when the gate closes or opens and when the whole process stood still. Decorates `lastStall`. `onListen` begins,
 * `onClose` ends it.
 */
export interface LoadGatePluginOptions {
  gate: LoadGate
  /** How busy the machine is now. */
  read: () => Promise<Pick<Readings, 'memory' | 'cpu'>>
  clock: Clock
}

declare module 'fastify' {
  interface FastifyInstance {
    /** When the whole process stood still last, and for how long, in milliseconds; null: it has not. */
    lastStall: () => { at: number, milliseconds: number } | null
  }
}

/** Milliseconds from reading to reading. */
const every = 2_000

const loadGate: FastifyPluginAsync<LoadGatePluginOptions> = async (app, { gate, read, clock }) => {
  let last: { at: number, milliseconds: number } | null = null
  let cancel = () => {}
  let closed = false
  let loop: LoopWatch | undefined
  const look = async () => {
    gate.take({ ...await read(), loop: loop?.delay() ?? null })
    if (!closed) cancel = clock.after(every, () => { void look() })
  }
  gate.on('closed', ({ reason, readings }) => { app.log.warn({ reason, ...readings }, `nothing more is started for now: ${reason}`) })
  gate.on('opened', ({ readings }) => { app.log.info({ ...readings }, 'stream servers are started again') })
  app.decorate('lastStall', () => last)
  app.addHook('onListen', async () => {
    loop = new LoopWatch({
      clock,
      stalled: milliseconds => {
        last = { at: clock.now(), milliseconds }
        app.log.warn({ milliseconds: Math.round(milliseconds) }, 'the whole service stood still: the machine was busy, or the process was stopped')
      }
    })
    if (gate.watches) void look()
  })
  app.addHook('onClose', async () => {
    closed = true
    cancel()
    loop?.close()
  })
}

export default fp(loadGate, { name: 'load-gate' })
