import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import Type from 'typebox'
import type { Clock } from '../src/clock.ts'
import { HistoryWriter } from '../src/history/history-writer.ts'
import { recollect } from '../src/history/recollection.ts'
import { SessionHistory } from '../src/history/session-history.ts'
import { transitionOf, transitionSchema } from '../src/history/transition.ts'
import { isTerminal } from '../src/sessions/transitions.ts'

/**
 * Every step of every session, with who made it and why: `GET /api/spawns/:id/history`, and a file where one is named. Listens to the
 * spawner's events; decorates `sessionHistory`. `onReady` opens the file, `onClose` finishes it.
 */
export interface SessionHistoryOptions {
  /** Ended sessions that are remembered. */
  sessions: number
  /** Absolute path; null: no file. Bytes of one, and how many are kept. */
  file: { path: string, limit: number, keep: number } | null
  /** Sessions of the service before that may live on: what the file tells of them is part of their history. */
  recalled: readonly string[]
  clock: Clock
}

declare module 'fastify' {
  interface FastifyInstance { sessionHistory: SessionHistory }
}

const params = Type.Object({ id: Type.String({ maxLength: 64 }) })
const historySchema = Type.Object({
  id: Type.String(),
  history: Type.Array(transitionSchema),
  /** Steps in the middle that are no longer kept. */
  leftOut: Type.Integer()
})

const sessionHistory: FastifyPluginAsync<SessionHistoryOptions> = async (app, { sessions, file, recalled, clock }) => {
  const history = new SessionHistory(sessions)
  app.decorate('sessionHistory', history)
  const writer = file === null
    ? undefined
    : new HistoryWriter({
      ...file,
      clock,
      failed: ({ message }) => { app.log.error(`SLIPWAY_HISTORY_FILE: the history cannot be written to ${file.path} for now: ${message}`) },
      recovered: lost => { app.log.warn({ lost }, `the history is written again; ${lost === 0 ? 'nothing is missing' : `${lost} steps are missing, and the file says so`}`) },
      cut: bytes => { app.log.warn({ bytes }, `a line of the history that was never finished was cut off (${bytes} bytes), as after a crash; the chain goes on from the last whole record`) }
    })

  // Before anybody else who listens: they may ask for the history of the step they are told.
  app.spawner.prependListener('session', (session, from, by) => {
    const step = transitionOf(session, from, by, clock.now())
    history.add(session.id, step, isTerminal(session.state))
    writer?.add({ event: 'session', session: session.id, ...step })
  })

  app.get<{ Params: { id: string } }>('/api/spawns/:id/history', { schema: { params, response: { 200: historySchema } } }, async request => {
    const { id } = request.params
    const story = history.of(id)
    if (story === undefined) throw Object.assign(new Error(`No history of a session ${id} is kept`), { statusCode: 404, code: 'UNKNOWN_SESSION', name: 'Not Found' })
    return { id, history: story.steps, leftOut: story.leftOut }
  })

  app.addHook('onReady', async () => {
    if (file !== null) {
      try {
        for (const [id, steps] of await recollect(file.path, recalled)) history.recall(id, steps)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') app.log.warn(`SLIPWAY_HISTORY_FILE: ${file.path} cannot be read: ${(error as Error).message}; the history of sessions that are taken over begins anew`)
      }
    }
    await writer?.open()
  })
  app.addHook('onClose', async () => { await writer?.close() })
}

export default fp(sessionHistory, { name: 'session-history', dependencies: ['spawner'] })
