// A WebSocket proxy with @fastify/http-proxy: fastify-http-proxy <port of the server>
import httpProxy from '@fastify/http-proxy'
import fastify from 'fastify'

const app = fastify()
await app.register(httpProxy, { upstream: `http://127.0.0.1:${process.argv[2]}`, websocket: true })
console.log(`ready on ${new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port}`)
process.on('SIGINT', () => { process.exit() })
