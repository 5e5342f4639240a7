import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { isFromThisMachine } from '../src/access/this-machine.ts'
import { readReportLine } from '../src/status/report-line.ts'

/**
 * A hot path: reports in their plain form are answered before Fastify sees them, since its hooks cost several times what a report does.
 * Whatever is odd about one is left to the status plugin, which has the words for it. Decorates nothing; stands before the server's listener.
 */
const reportLine: FastifyPluginAsync = async app => {
  const { server, spawner } = app
  const listeners = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!taken(request)) {
      for (const listener of listeners) void listener.call(server, request, response)
      return
    }
    response.writeHead(200, { ...app.corsHeaders, 'content-length': 0 })
    response.end()
  })

  function taken (request: IncomingMessage): boolean {
    const { method, url = '', headers } = request
    if (method !== 'POST' || (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined) return false
    const line = readReportLine(url)
    if (line === undefined || !isFromThisMachine(request) || app.callerProblem(request) !== null) return false
    return spawner.report(line.id, line.report) === 'taken'
  }
}

export default fp(reportLine, { name: 'report-line', dependencies: ['access', 'spawner'] })
