import { areAddresses } from '../front/caller.ts'
import { endpointProblem } from '../front/endpoint.ts'
import { isRequestFilter } from '../logs/request-filter.ts'
import { startedAhead } from './started-ahead.ts'
import { configSchema, type Config, type SettingSchema } from './schema.ts'

/** Values that are right one by one and wrong together. */
export interface Contradiction {
  /** Environment names of the settings involved. */
  names: string[]
  /** What is wrong and what would be right. */
  problem: string
}

/** The setting of a limit. */
const envOf = (name: keyof Config['ceilings']) => (configSchema.properties.sessions.properties[name] as unknown as SettingSchema).env

/** Every contradiction in a configuration whose single values are all usable. */
export function contradictions ({ http, behind, tls, ports, sessions, ceilings, restart, load, streamServer, fileServer, log, metrics }: Config): Contradiction[] {
  const last = ports.begin + sessions.max - 1
  const ahead = startedAhead({ sessions, streamServer })
  const encrypted = [
    ...tls.server ? ['SLIPWAY_TLS_SERVER'] : [],
    ...tls.fileServer ? ['SLIPWAY_TLS_FILE_SERVER'] : [],
    ...tls.streamServers ? ['SLIPWAY_TLS_STREAM_SERVERS'] : []
  ]
  const rules: Array<Contradiction & { broken: boolean }> = [
    {
      broken: last > 65_535,
      names: ['SLIPWAY_WS_PORTS_BEGIN', 'SLIPWAY_MAX_SESSIONS'],
      problem: `${sessions.max} ports from ${ports.begin} on end at ${last}; the last port there is is 65535`
    },
    {
      broken: sessions.pingTimeout <= sessions.pingInterval,
      names: ['SLIPWAY_PING_TIMEOUT', 'SLIPWAY_PING_INTERVAL'],
      problem: `the silence allowed (${sessions.pingTimeout} s) must be longer than the interval of the reports (${sessions.pingInterval} s)`
    },
    ...(Object.keys(ceilings) as Array<keyof typeof ceilings>).map(name => ({
      broken: ceilings[name] > 0 && (sessions[name] > ceilings[name] || sessions[name] === 0),
      names: [envOf(name), `${envOf(name)}_CEILING`],
      problem: `a request that asks for nothing would get more (${sessions[name] === 0 ? 'no limit' : `${sessions[name]} s`}) than one may ask for (${ceilings[name]} s)`
    })),
    {
      broken: load.memoryOpens > 0 && load.memoryOpens <= load.memoryCloses,
      names: ['SLIPWAY_LOAD_MEMORY_OPENS', 'SLIPWAY_LOAD_MEMORY_CLOSES'],
      problem: `the gate closes below ${load.memoryCloses} % and must open above that, not at ${load.memoryOpens} %`
    },
    {
      broken: load.cpuOpens > 0 && load.cpuOpens >= load.cpuCloses,
      names: ['SLIPWAY_LOAD_CPU_OPENS', 'SLIPWAY_LOAD_CPU_CLOSES'],
      problem: `the gate closes above ${load.cpuCloses} % and must open below that, not at ${load.cpuOpens} %`
    },
    {
      broken: load.loopOpens > 0 && load.loopOpens >= load.loopCloses,
      names: ['SLIPWAY_LOAD_LOOP_OPENS', 'SLIPWAY_LOAD_LOOP_CLOSES'],
      problem: `the gate closes above ${load.loopCloses} ms and must open below that, not at ${load.loopOpens} ms`
    },
    {
      broken: encrypted.length > 0 && (tls.certificateFile === '' || tls.keyFile === ''),
      names: [...encrypted, 'SLIPWAY_TLS_CERTIFICATE_FILE', 'SLIPWAY_TLS_KEY_FILE'],
      problem: 'encryption needs the certificate and its private key; name both files'
    },
    {
      broken: encrypted.length > 0 && http.publicHost === '',
      names: [...encrypted, 'SLIPWAY_PUBLIC_HOST'],
      problem: 'encryption needs the host name that the certificate is for'
    },
    {
      broken: streamServer.tunnel === 'native' && (tls.streamServers || (tls.server && (tls.fileServer || fileServer.port === 0))),
      names: ['SLIPWAY_TUNNEL', ...encrypted],
      problem: 'every viewer would be encrypted, and the native carrier carries none of those; leave it to the service, in-process, or encrypt in a reverse proxy'
    },
    {
      broken: streamServer.licenseFile !== '' && streamServer.license !== '',
      names: ['SLIPWAY_LICENSE_FILE', 'SLIPWAY_LICENSE'],
      problem: 'a licence is given twice; drop one of the two'
    },
    {
      broken: behind.endpoint !== '' && endpointProblem(behind.endpoint) !== undefined,
      names: ['SLIPWAY_ENDPOINT'],
      problem: endpointProblem(behind.endpoint) ?? ''
    },
    {
      broken: !areAddresses(behind.trustedProxies),
      names: ['SLIPWAY_TRUSTED_PROXIES'],
      problem: `${behind.trustedProxies.find(entry => !areAddresses([entry]))} is no address, no network such as 10.0.0.0/8, and none of loopback, linklocal, uniquelocal`
    },
    {
      broken: behind.proxyProtocol && behind.trustedProxies.length === 0,
      names: ['SLIPWAY_PROXY_PROTOCOL', 'SLIPWAY_TRUSTED_PROXIES'],
      problem: 'nobody is believed; name the proxies that speak the PROXY protocol'
    },
    {
      broken: behind.proxyProtocol && http.host === 'localhost',
      names: ['SLIPWAY_PROXY_PROTOCOL', 'SLIPWAY_HOST'],
      problem: 'localhost is two addresses; name the one the proxies connect to, 127.0.0.1 for example'
    },
    {
      broken: ahead.csr + ahead.ssr > 0 && ahead.csr + ahead.ssr >= sessions.max,
      names: ['SLIPWAY_STARTED_AHEAD_CSR', 'SLIPWAY_STARTED_AHEAD_SSR', 'SLIPWAY_MAX_SESSIONS'],
      problem: `${ahead.csr + ahead.ssr} sessions started ahead leave no seat free out of ${sessions.max}; start fewer`
    },
    {
      broken: ahead.ssr > 0 && (streamServer.executable === '' || !streamServer.renderers.includes('ssr')),
      names: ['SLIPWAY_STARTED_AHEAD_SSR', 'SLIPWAY_RENDERERS', 'SLIPWAY_STREAM_SERVER'],
      problem: 'sessions that nobody may ask for are not started ahead; set it to 0, or offer the renderer ssr'
    },
    {
      broken: ahead.csr > 0 && !streamServer.renderers.includes('csr'),
      names: ['SLIPWAY_STARTED_AHEAD_CSR', 'SLIPWAY_RENDERERS'],
      problem: 'sessions that nobody may ask for are not started ahead; set it to 0, or offer the renderer csr'
    },
    {
      broken: restart.keepSessions > 0 && http.port === 0,
      names: ['SLIPWAY_KEEP_SESSIONS', 'SLIPWAY_PORT'],
      problem: 'stream servers report to the port that they were started with; give one that is the same after a restart'
    },
    {
      broken: restart.keepSessions > 0 && streamServer.launcher === 'native',
      names: ['SLIPWAY_KEEP_SESSIONS', 'SLIPWAY_LAUNCHER'],
      problem: 'the native launcher does not outlive the service; set SLIPWAY_LAUNCHER to auto or javascript'
    },
    {
      broken: !isRequestFilter(log.requestFilter),
      names: ['SLIPWAY_LOG_REQUEST_FILTER'],
      problem: 'it is no regular expression'
    },
    {
      broken: !metrics.enabled && metrics.port !== 0,
      names: ['SLIPWAY_METRICS', 'SLIPWAY_METRICS_PORT'],
      problem: `port ${metrics.port} is given for metrics that are switched off; drop one of the two`
    },
    {
      broken: metrics.port !== 0 && metrics.port === http.port,
      names: ['SLIPWAY_METRICS_PORT', 'SLIPWAY_PORT'],
      problem: `both are ${http.port}; give metrics another port, or 0 to share the main one`
    },
    {
      broken: fileServer.port !== 0 && fileServer.port === http.port,
      names: ['SLIPWAY_FILE_SERVER_PORT', 'SLIPWAY_PORT'],
      problem: `both are ${http.port}; the main port serves the same files, give the file server another one or 0`
    },
    {
      broken: fileServer.port !== 0 && fileServer.port === metrics.port,
      names: ['SLIPWAY_FILE_SERVER_PORT', 'SLIPWAY_METRICS_PORT'],
      problem: `both are ${metrics.port}; give one of the two another port`
    }
  ]
  return rules.filter(rule => rule.broken)
}
