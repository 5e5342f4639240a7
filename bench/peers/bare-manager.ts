// The least a manager in Node can be: node:http and child_process.spawn in one process, no check, no limit, no record.
// bare-manager <first port of the children> <how many> <program> [arguments…]
import { spawn } from 'node:child_process'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const [first = '0', count = '1', program = '', ...more] = process.argv.slice(2)
const waiting = new Map<string, ServerResponse>()
let next = 0

const server = createServer((request, response) => {
  request.resume()
  const report = /^\/api\/spawns\/(\w+)\?liveliness=(\w+)$/.exec(request.url ?? '')
  if (report === null) {
    start(response)
    return
  }
  response.writeHead(200, { 'content-length': 0 }).end()
  const [, id = '', kind] = report
  if (kind !== 'ready') return
  const viewer = waiting.get(id)
  waiting.delete(id)
  const body = JSON.stringify({ result: 'ok', serviceId: id, endpoints: { ws: `ws://127.0.0.1:${Number(first) + Number(id)}` } })
  viewer?.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
})

function start (response: ServerResponse): void {
  const number = next++ % Number(count)
  waiting.set(String(number), response)
  const { port } = server.address() as AddressInfo
  spawn(program, ['--id', String(number), '--sc-port', String(Number(first) + number), '--liveliness-endpoint', `http://127.0.0.1:${port}/api/spawns/`, ...more], { stdio: 'ignore', env: {} })
}

server.listen(0, '127.0.0.1', () => { console.log(`ready on ${(server.address() as AddressInfo).port}`) })
process.on('SIGINT', () => { process.exit() })
