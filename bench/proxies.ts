import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { childrenOf } from './proc.ts'
import type { Programs } from './programs.ts'
import { start, type Running, type Start } from './running.ts'
import { hasNativeCarrier, startService, withStandIn } from './service.ts'

/** A way for viewers to a stream server. `pid` null: there is no process in between; `carrier`: there is another one that moves the bytes. */
export interface Proxy { name: string, port: number, path: string, pid: number | null, carrier?: number | undefined, stop (): Promise<void> }

export const slipway = 'Slipway'
export const handedOver = 'Slipway, handed over'
export const direct = 'direct'
export const floor = 'floor: splice(2) in C'

/** Both processes of a way that has two, the one or none. */
export const processesOf = ({ pid, carrier }: Proxy): number[] => [pid, carrier].filter(one => typeof one === 'number')

export const notBuilt = 'the native carrier is not built here (npm run build:native)'

/** All contestants by name, without Slipway, which starts its stream server itself; what is not here has a reason instead. */
export const peers: Record<string, (programs: Programs, target: number) => Promise<Start & { port?: number }>> = {
  [floor]: async ({ native }, target) => ({ command: native?.['splice-proxy'] ?? '', args: [String(target)], ready: /ready on (\d+)/ }),
  'http-proxy-3': script('http-proxy-3'),
  httpxy: script('httpxy'),
  'configurable-http-proxy': async (_programs, target) => {
    const [port, apiPort] = [await freePort(), await freePort()]
    return { command: process.execPath, args: ['node_modules/configurable-http-proxy/bin/configurable-http-proxy', '--ip', '127.0.0.1', '--port', String(port), '--api-ip', '127.0.0.1', '--api-port', String(apiPort), '--default-target', `http://127.0.0.1:${target}`], ready: /Proxy API at/, port }
  },
  '@fastify/http-proxy': script('fastify-http-proxy'),
  'nginx as shipped': async (programs, target) => await nginx(programs, target, ''),
  'nginx, 64 KB buffers': async (programs, target) => await nginx(programs, target, 'proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;'),
  HAProxy: async ({ folder }, target) => {
    const port = await freePort()
    const file = join(folder, `haproxy-${port}.cfg`)
    writeFileSync(file, `global\n  maxconn 4000\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n  timeout tunnel 1h\nfrontend viewers\n  bind 127.0.0.1:${port}\n  default_backend servers\nbackend servers\n  server one 127.0.0.1:${target}\n`)
    return { command: '/usr/sbin/haproxy', args: ['-db', '-V', '-f', file], ready: /^Using /, port }
  }
}

/** Starts a peer in front of a stream server. @throws Error where the peer is not here */
export async function startPeer (name: string, programs: Programs, target: number): Promise<Proxy> {
  const { port, ...how } = await (peers[name] as NonNullable<typeof peers[string]>)(programs, target)
  if (how.command.startsWith('/') && !existsSync(how.command)) throw new Error('it is not installed')
  const running = await start(how)
  if (port !== undefined) await answers(port)
  return { name, port: port ?? Number(running.said[0]), path: '/', pid: running.pid, stop: running.stop }
}

/** A Slipway with one session, which carries viewers itself or hands them over. */
export async function startSlipway ({ native, folder }: Programs, name: typeof slipway | typeof handedOver = slipway): Promise<Proxy & { target: number }> {
  if (name === handedOver && !hasNativeCarrier) throw new Error(notBuilt)
  const more = name === handedOver ? { SLIPWAY_TUNNEL: 'native', SLIPWAY_WS_PORTS_BEGIN: '28000' } : {}
  const service = await startService(withStandIn(native?.['stand-in'] ?? '', join(folder, name === handedOver ? 'handed-over' : 'tunnel'), { SLIPWAY_FIRST_CONNECT_TIMEOUT: '3600', ...more }))
  const answer = await (await fetch(`${service.url}/api/spawn`, { method: 'POST' })).json() as { endpoints: { ws: string } }
  const target = Number(new URL(answer.endpoints.ws).port)
  const carrier = childrenOf(service.pid).find(({ pid }) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'slipway-carrier\n')?.pid
  return { name, port: service.port, path: `/wsproxy/${target}`, pid: service.pid, carrier, stop: service.stop, target }
}

/** A stream server that nobody manages. */
export async function startTarget ({ native }: Programs): Promise<Running & { port: number }> {
  const running = await start({ command: native?.['stand-in'] ?? '', args: ['--sc-port', '0'], ready: /ready on (\d+)/ })
  return { ...running, port: Number(running.said[0]) }
}

function script (name: string) {
  return async (programs: Programs, target: number): Promise<Start> => ({ command: process.execPath, args: [programs.script(name), String(target)], ready: /ready on (\d+)/ })
}

async function nginx ({ folder }: Programs, target: number, buffers: string): Promise<Start & { port: number }> {
  const port = await freePort()
  const place = join(folder, `nginx-${port}`)
  mkdirSync(place)
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${place}/${name};`).join(' ')
  writeFileSync(join(place, 'nginx.conf'), `daemon off; master_process off; pid ${place}/pid; error_log stderr notice; events { worker_connections 10000; }
http { access_log off; ${paths} server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${target}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_read_timeout 1h; ${buffers} } } }\n`)
  return { command: '/usr/sbin/nginx', args: ['-p', place, '-c', join(place, 'nginx.conf')], ready: /getrlimit|start worker/, port }
}

/** Some say that they are ready before they listen. */
async function answers (port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect({ host: '127.0.0.1', port })
    const open = await once(socket, 'connect').then(() => true, () => false)
    socket.destroy()
    if (open) return
    await new Promise(resolve => { setTimeout(resolve, 50) })
  }
  throw new Error(`nobody listens on ${port}`)
}

/** A port below the kernel's range for outgoing connections would be safer, one that was free a moment ago does. */
async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => { server.close(resolve) })
  return port
}
