import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface Reports {
  /** To be given as `--liveliness-endpoint`. */
  endpoint: string
  /** `POST /path?query` of each report, in order of arrival. */
  lines: string[]
  /** What to answer, in order; then 200. */
  answers: number[]
  /** What answers say of the session's end, in their header. */
  ending: string | undefined
  /** Resolves with the first report that contains `text`. */
  until: (text: string) => Promise<string>
}

/** An HTTP server that takes liveliness reports. */
export async function reports (t: Test): Promise<Reports> {
  let wake = () => {}
  const taken: Reports = {
    endpoint: '',
    lines: [],
    answers: [],
    ending: undefined,
    until: async text => {
      for (;;) {
        const line = taken.lines.find(candidate => candidate.includes(text))
        if (line !== undefined) return line
        await new Promise<void>(resolve => { wake = resolve })
      }
    }
  }
  const server = createServer((request, response) => {
    taken.lines.push(`${request.method} ${request.url} ${request.headers['content-length']}`)
    response.writeHead(taken.answers.shift() ?? 200, taken.ending === undefined ? {} : { 'slipway-ending': taken.ending }).end()
    wake()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  taken.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/spawns/`
  return taken
}
