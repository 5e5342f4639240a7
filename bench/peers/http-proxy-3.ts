// A WebSocket proxy with http-proxy-3, as its own documentation has it: http-proxy-3 <port of the server>
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProxyServer } from 'http-proxy-3'

const proxy = createProxyServer({ target: `http://127.0.0.1:${process.argv[2]}`, ws: true })
const server = createServer((request, response) => { proxy.web(request, response) })
server.on('upgrade', (request, socket, head) => { proxy.ws(request, socket as never, head) })
proxy.on('error', () => {})
server.listen(0, '127.0.0.1', () => { console.log(`ready on ${(server.address() as AddressInfo).port}`) })
