import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../src/clock.ts'
import { logStem, sessionLogName } from '../src/logs/names.ts'
import { OwnFiles } from '../src/logs/own-files.ts'
import { Retention, type RetentionLimits } from '../src/logs/retention.ts'

/**
 * Keeps the log files of this service within limits: `onReady` sweeps their folder, and so does a session's end, once for all that end
 * within some seconds; `onClose` waits for the last sweep. What others left in that folder stays. Decorates nothing.
 */
export interface LogRetentionOptions {
  /** Absolute. */
  dir: string
  limits: RetentionLimits
  /** Name of the service's own log, which stays; null: it has none. */
  ownLog: string | null
  clock: Clock
}

/** Milliseconds between a session's end and the sweep: the folder may be large, and others end too. */
const quiet = 5_000

const logRetention: FastifyPluginAsync<LogRetentionOptions> = async (app, { dir, limits, ownLog, clock }) => {
  const { spawner } = app
  const own = new OwnFiles(dir, clock)
  if (ownLog !== null) own.note(ownLog)
  const living = () => {
    // One that was given up for lost may still write.
    const ids = spawner.sessions().flatMap(({ id, endedAt, state, exit }) => endedAt === null || (state === 'lost' && exit === null) ? [id] : [])
    return (name: string) => (ownLog !== null && name.startsWith(logStem(ownLog))) || ids.some(id => name.includes(id))
  }
  const deleted = (files: number, bytes: number) => { app.log.info({ files, bytes }, `old log files are deleted: ${files}, of ${bytes} bytes`) }
  const retention = new Retention({ dir, own, limits, living, deleted, clock })
  let cancel: (() => void) | undefined
  spawner.on('session', ({ id, renderer, createdAt, endedAt }, from) => {
    if (from === null) own.note(sessionLogName(renderer, createdAt, id))
    if (endedAt !== null) {
      cancel ??= clock.after(quiet, () => {
        cancel = undefined
        void retention.sweep()
      })
    }
  })
  app.addHook('onReady', async () => { await retention.sweep() })
  app.addHook('onClose', async () => {
    cancel?.()
    await retention.sweep()
  })
}

export default fp(logRetention, { name: 'log-retention', dependencies: ['spawner'] })
