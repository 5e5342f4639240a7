import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { certificates } from '../../fixtures/certificates.ts'
import { comesTrue, within } from '../../fixtures/slipway.ts'
import { portRange } from '../../fixtures/leak-check.ts'

const documented = (file: string) => readFileSync(fileURLToPath(new URL(`../../../docs/operations/${file}`, import.meta.url)), 'utf8')

export type ProxyKind = 'nginx' | 'nginx carries' | 'HAProxy' | 'HAProxy, TCP' | 'Caddy'

/** What is peculiar to a test. */
export interface Around {
  /** Changes the documented text. */
  edit?: (text: string) => string
}

/**
 * Starts the real program with the documented configuration, for `localhost`, in front of the service; the test's end stops it. Every time limit that
 * the configuration does not set is a second here, where the program has such a limit: who is idle lives by what is documented alone.
 */
export async function frontProxy (t: Test, kind: ProxyKind, slipwayPort: number, pair: ReturnType<typeof certificates>, { edit = text => text }: Around = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-front-'))
  const port = await portRange(1)
  const both = join(folder, 'both.pem')
  writeFileSync(both, readFileSync(pair.files.certificateFile, 'utf8') + readFileSync(pair.files.keyFile, 'utf8'))
  const fitted = (text: string) => text
    .replaceAll('/etc/ssl/cad.example.both.pem', both)
    .replaceAll('/etc/ssl/cad.example.pem', pair.files.certificateFile)
    .replaceAll('/etc/ssl/cad.example.key', pair.files.keyFile)
    .replaceAll('127.0.0.1:11182', `127.0.0.1:${slipwayPort}`)
    .replaceAll('cad.example:443', `localhost:${port}`)
    .replaceAll('cad.example', 'localhost')
    .replaceAll(/timeout (client|server) 60s/g, 'timeout $1 1s')
    .replace('\ndefaults\n', '\ndefaults short\n  timeout client 1s\n  timeout server 1s\n\ndefaults cad from short\n')
    .replaceAll('bind :443', `bind 127.0.0.1:${port}`)
    .replaceAll('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
  const file = join(folder, 'proxy.conf')
  const programs: Record<ProxyKind, { text: () => string, command: string, args: string[] }> = {
    nginx: { text: () => nginxAround(folder, fitted(documented('nginx.conf'))), command: '/usr/sbin/nginx', args: ['-c', file, '-p', folder, '-e', 'stderr'] },
    'nginx carries': {
      text: () => nginxAround(folder, fitted(documented('nginx.conf').replace('  location / {', () => `${documented('nginx-carries.conf')}\n  location / {`))),
      command: '/usr/sbin/nginx',
      args: ['-c', file, '-p', folder, '-e', 'stderr']
    },
    HAProxy: { text: () => fitted(documented('haproxy.cfg')), command: '/usr/sbin/haproxy', args: ['-db', '-f', file] },
    'HAProxy, TCP': { text: () => fitted(documented('haproxy-tcp.cfg')), command: '/usr/sbin/haproxy', args: ['-db', '-f', file] },
    Caddy: { text: () => `{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n\tservers {\n\t\ttimeouts {\n\t\t\tread_header 1s\n\t\t\tread_body 1s\n\t\t\tidle 1s\n\t\t}\n\t}\n}\n${fitted(documented('Caddyfile'))}`, command: '/usr/bin/caddy', args: ['run', '--adapter', 'caddyfile', '--config', file] }
  }
  const { text, command, args } = programs[kind]
  writeFileSync(file, edit(text()))
  const proxy = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } })
  let said = ''
  for (const output of [proxy.stdout, proxy.stderr]) output.setEncoding('utf8').on('data', (text: string) => { said += text })
  const ended = once(proxy, 'exit')
  t.teardown(async () => {
    if (proxy.exitCode === null) proxy.kill('SIGTERM')
    await within(ended, () => `${kind} does not end: ${said}`)
    rmSync(folder, { recursive: true, force: true })
  })
  await comesTrue(`${kind} listens: ${said}`, async () => {
    if (proxy.exitCode !== null) throw new Error(`${kind} ended: ${said}`)
    return await answers(port)
  })
  return { port, pid: proxy.pid ?? NaN }
}

const nginxAround = (folder: string, text: string) => `
daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${folder}/${name};`).join(' ')}
  client_header_timeout 1s; client_body_timeout 1s; send_timeout 1s; keepalive_timeout 1s; proxy_read_timeout 1s; proxy_send_timeout 1s;
  ${text}
}`

async function answers (port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  return await new Promise(resolve => {
    socket.once('connect', () => { resolve(true) }).once('error', () => { resolve(false) })
  }).then(result => {
    socket.destroy()
    return result as boolean
  })
}
