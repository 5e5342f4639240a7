// A WebSocket proxy with httpxy: httpxy <port of the server>
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createProxyServer } from 'httpxy'

const proxy = createProxyServer({ target: `http://127.0.0.1:${process.argv[2]}`, ws: true })
const server = createServer((request, response) => { void proxy.web(request, response) })
server.on('upgrade', (request, socket, head) => { proxy.ws(request, socket as Socket, {}, head).catch(() => {}) })
proxy.on('error', () => {})
server.listen(0, '127.0.0.1', () => { console.log(`ready on ${(server.address() as AddressInfo).port}`) })
