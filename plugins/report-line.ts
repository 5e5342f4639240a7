import { Server } from 'node:tls'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { isFromThisMachine } from '../src/access/this-machine.ts'
import type { Clock } from '../src/clock.ts'
import { endingHeader, endingWords } from '../src/status/ending-header.ts'
import { ReportConnections } from '../src/status/report-connections.ts'

/**
 * Has reports in their plain form answered before HTTP, let alone Fastify, sees them. Whatever is odd about one is left to the status
 * plugin, which has the words for it. Decorates nothing; stands before the server's own listener; `preClose` ends what it reads.
 */
export interface ReportLineOptions {
  /** As for the status plugin. */
  warnBefore?: number
  clock: Clock
}

const reportLine: FastifyPluginAsync<ReportLineOptions> = async (app, { warnBefore = 0, clock }) => {
  const { server, spawner } = app
  const connections = new ReportConnections(server, server instanceof Server ? 'secureConnection' : 'connection', {
    hears: socket => isFromThisMachine({ headers: {}, socket }),
    answersTo: (host, socket) => app.callerProblem({ headers: { host }, socket }) === null,
    take: (id, report) => spawner.report(id, report) === 'taken',
    more: id => {
      const ending = spawner.ending(id, warnBefore)
      return ending === null ? '' : `${endingHeader}: ${endingWords(ending)}\r\n`
    },
    headers: Object.entries(app.corsHeaders).map(([name, value]) => `${name}: ${value}\r\n`).join(''),
    clock
  })
  app.addHook('preClose', async () => { connections.close() })
}

export default fp(reportLine, { name: 'report-line', dependencies: ['access', 'spawner'] })
