import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { visible } from '../src/logs/visible.ts'
import { reasons } from '../src/sessions/reasons.ts'
import { isTerminal } from '../src/sessions/transitions.ts'

/** Logs the life of each session, every line with its id. Listens to the spawner's events; decorates nothing. */
export interface SessionLogOptions {
  /** Levels of the lines that stream servers say, as far as the spawner is told of them. */
  output: Record<'stdout' | 'stderr', 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'none'>
}

const sessionLog: FastifyPluginAsync<SessionLogOptions> = async (app, { output }) => {
  const { log } = app
  app.spawner.on('session', (session, from) => {
    // `pid` is in every line already: the service's own.
    const { id: spawnId, state, reason, port, pid: childPid, renderer, model, exit } = session
    const message = from === null ? `session ${state}` : `session ${from} > ${state}${reason === null ? '' : ` (${reason})`}`
    const failed = state === 'lost' || (isTerminal(state) && reason !== null && reasons[reason].end === 'failed')
    if (failed) log.warn({ spawnId, port, childPid, renderer, model, reason, exit }, message)
    else if (isTerminal(state)) log.info({ spawnId, port, childPid, reason, exitCode: exit?.code, signal: exit?.signal }, message)
    else log.info({ spawnId, port, childPid, renderer, model }, message)
  })
  app.spawner.on('output', ({ id: spawnId, stream, lines, leftOut }) => {
    const level = output[stream]
    if (level === 'none') return
    for (const line of lines) log[level]({ spawnId }, `${stream}: ${visible(line)}`)
    if (leftOut > 0) log[level]({ spawnId }, `${stream}: (${leftOut} more lines)`)
  })
}

export default fp(sessionLog, { name: 'session-log', dependencies: ['spawner'] })
