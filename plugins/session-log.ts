import type { FastifyBaseLogger, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { visible } from '../src/logs/visible.ts'
import { reasons } from '../src/sessions/reasons.ts'
import { isTerminal } from '../src/sessions/transitions.ts'

/** Logs the life of each session with a logger of its own that carries its id. Listens to the spawner's events; decorates nothing. */
export interface SessionLogOptions {
  /** Levels of the lines that stream servers say, as far as the spawner is told of them. */
  output: Record<'stdout' | 'stderr', 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'none'>
}

const sessionLog: FastifyPluginAsync<SessionLogOptions> = async (app, { output }) => {
  const loggers = new Map<string, FastifyBaseLogger>()
  app.spawner.on('session', (session, from) => {
    let log = loggers.get(session.id)
    if (log === undefined) loggers.set(session.id, log = app.log.child({ spawnId: session.id }))
    // `pid` is in every line already: the service's own.
    const { state, reason, port, pid: childPid, renderer, model, exit } = session
    const message = from === null ? `session ${state}` : `session ${from} > ${state}${reason === null ? '' : ` (${reason})`}`
    const failed = state === 'lost' || (isTerminal(state) && reason !== null && reasons[reason].end === 'failed')
    if (failed) log.warn({ port, childPid, renderer, model, reason, exit }, message)
    else if (isTerminal(state)) log.info({ port, childPid, reason, exitCode: exit?.code, signal: exit?.signal }, message)
    else log.info({ port, childPid, renderer, model }, message)
    if (isTerminal(state)) loggers.delete(session.id)
  })
  app.spawner.on('output', ({ id, stream, lines, leftOut }) => {
    const level = output[stream]
    if (level === 'none') return
    const log = loggers.get(id) ?? app.log.child({ spawnId: id })
    for (const line of lines) log[level](`${stream}: ${visible(line)}`)
    if (leftOut > 0) log[level](`${stream}: (${leftOut} more lines)`)
  })
}

export default fp(sessionLog, { name: 'session-log', dependencies: ['spawner'] })
