import { EventEmitter } from 'node:events'
import { join, resolve } from 'node:path'
import fastify, { LogController, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import access from '../plugins/access.ts'
import arrivalTime from '../plugins/arrival-time.ts'
import certificatePlugin from '../plugins/certificate.ts'
import crashes from '../plugins/crashes.ts'
import drain from '../plugins/drain.ts'
import errors from '../plugins/errors.ts'
import fileServerPlugin from '../plugins/file-server.ts'
import frontPlugin from '../plugins/front.ts'
import garbageCollection from '../plugins/garbage-collection.ts'
import health from '../plugins/health.ts'
import keeping from '../plugins/keeping.ts'
import liveEvents from '../plugins/live-events.ts'
import loadGate from '../plugins/load-gate.ts'
import logRetention from '../plugins/log-retention.ts'
import metrics from '../plugins/metrics.ts'
import models from '../plugins/models.ts'
import officialPages from '../plugins/official-pages.ts'
import portPool from '../plugins/port-pool.ts'
import reportLine from '../plugins/report-line.ts'
import requestLog from '../plugins/request-log.ts'
import restHandshake from '../plugins/rest-handshake.ts'
import route from '../plugins/route.ts'
import sessionHistory from '../plugins/session-history.ts'
import sessionLog from '../plugins/session-log.ts'
import sessionsApi from '../plugins/sessions-api.ts'
import singleFiles from '../plugins/single-files.ts'
import spawnLimit from '../plugins/spawn-limit.ts'
import spawner from '../plugins/spawner.ts'
import staticFiles from '../plugins/static.ts'
import status from '../plugins/status.ts'
import tlsListener from '../plugins/tls-listener.ts'
import tutorial from '../plugins/tutorial.ts'
import uploads from '../plugins/uploads.ts'
import websocketProxy from '../plugins/websocket-proxy.ts'
import { isLoopback } from './access/callers.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config/schema.ts'
import { startedAhead } from './config/started-ahead.ts'
import { Isolation } from './crashes/isolation.ts'
import { residentBytes } from './crashes/memory-curve.ts'
import { PreflightError } from './errors.ts'
import { Admission } from './front/admission.ts'
import { trustOf } from './front/caller.ts'
import { withoutPrefix } from './front/endpoint.ts'
import { Front } from './front/front.ts'
import { takeProxyHeaders } from './front/proxied-connections.ts'
import { tokenKey, ViewerTokens } from './front/viewer-token.ts'
import { LoadGate } from './load/load-gate.ts'
import { Machine } from './load/machine.ts'
import { harmDone, readJournal } from './keeping/journal.ts'
import { keyIn, privateFolderProblem } from './keeping/private-folder.ts'
import { procLook } from './keeping/proof.ts'
import { isWritten } from './logs/levels.ts'
import { requestFilter } from './logs/request-filter.ts'
import { preflight } from './preflight.ts'
import { limitRanges } from './sessions/asked-limits.ts'
import type { Limits } from './sessions/transitions.ts'
import { singleFileProgram, streamServerProgram } from './spawning/stream-server-program.ts'
import type { KeptLauncher } from './spawning/launcher.ts'
import { Certificate } from './tls/certificate.ts'
import type { Carrier } from './tunnel/carrier.ts'

export interface AppOptions {
  config: Config
  /** Folder of this package: the page, the sample models and the embedded stream server are in it. */
  packageDir: string
  launcher: KeptLauncher
  /** Carries viewers in place of this process; absent or null: nobody does. */
  carrier?: Carrier | null
  clock: Clock
  /** What the status page shows as the configuration, besides the limits and switches. */
  shownConfig?: Readonly<Record<string, unknown>>
  /** Stops the service in good order, when a caller asks for it. */
  stop: () => void
  /** The service's own environment, as far as stream servers get something of it. */
  environment?: Readonly<Record<string, string | undefined>>
  /** Name of the service's own log in the log folder; null: it has none. */
  ownLog?: string | null
  /** What else is known to stand in the way of starting; it is said with what is found here. */
  problems?: readonly string[]
  logger?: FastifyServerOptions['logger']
}

/** Milliseconds that a whole request may take, and one that is an upload. */
const [requestTime, uploadTime] = [30_000, 3_600_000]

/** The whole program on one page: every plugin in its order, each with its slice of the configuration. Nothing is bound yet. @throws PreflightError */
export async function buildApp ({ config, packageDir, launcher, carrier = null, clock, shownConfig = {}, environment = {}, stop, ownLog = null, problems: known = [], logger = false }: AppOptions): Promise<FastifyInstance> {
  const { http, tls, ports, sessions, restart, streamServer, uploads: { dir: uploadDir, ...uploadLimits }, assets, fileServer, log, history, memory, behind } = config
  const pair = tls.server || tls.fileServer || tls.streamServers ? { certificateFile: resolve(tls.certificateFile), keyFile: resolve(tls.keyFile) } : null
  const authorityFile = pair === null || tls.authorityFile === '' ? null : resolve(tls.authorityFile)
  const program = streamServerProgram(streamServer.executable, packageDir, http.host, tls.streamServers ? pair : null, tls.server ? authorityFile ?? pair?.certificateFile : null)
  const ownDirs = streamServer.modelDirs.length > 0 ? streamServer.modelDirs.map(directory => resolve(directory)) : program.samples
  const uploadFolder = uploadDir === '' ? null : resolve(uploadDir)
  const modelDirs = uploadFolder === null || ownDirs.includes(uploadFolder) ? ownDirs : [...ownDirs, uploadFolder]
  const publicDir = assets.publicDir === '' ? join(packageDir, 'public') : resolve(assets.publicDir)
  const staticDirs = assets.dirs.map(directory => resolve(directory))
  const logDir = log.dir === 'none' ? null : resolve(log.dir)
  const common = {
    modelDirs,
    workspaceDir: resolve(streamServer.workspaceDir),
    modelCacheBytes: streamServer.modelCacheBytes,
    licenseFile: streamServer.licenseFile === '' ? null : resolve(streamServer.licenseFile),
    license: streamServer.license === '' ? null : streamServer.license,
    pingInterval: sessions.pingInterval,
    firstConnectTimeout: sessions.firstConnectTimeout,
    logging: { fileMask: log.streamServerFileMask, outputMask: log.streamServerOutputMask, delta: log.streamServerDelta },
    ...restart.keepSessions > 0 ? { unheardDuration: restart.keepSessions } : {},
    egl: streamServer.egl,
    respawn: streamServer.serviceRespawn ? { logSuffix: streamServer.serviceRespawnLogSuffix } : null,
    extra: { csr: streamServer.csrArgs, ssr: streamServer.ssrArgs }
  }
  const stateDir = restart.keepSessions > 0 ? resolve(restart.stateDir) : null
  const left = stateDir === null ? null : whatWasLeft(stateDir)
  const problems = [...known, ...left?.problems ?? [], ...await preflight({ program, common, certificate: pair, authorityFile, logDir, uploadDir: uploadFolder, publicDir, staticDirs })]
  if (problems.length > 0) throw new PreflightError(problems)
  const certificate = pair === null ? null : await Certificate.open(pair, clock)
  const collectGarbage = globalThis.gc
  const trusts = trustOf(behind.trustedProxies)
  const front = new Front({
    trusts,
    prefix: behind.pathPrefix,
    publicHost: http.publicHost,
    endpoint: behind.endpoint,
    streamServersSecure: program.tls !== undefined,
    tokens: new ViewerTokens({ key: tokenKey(behind.tokenKey || (stateDir === null ? '' : keyIn(stateDir))), lifetime: behind.tokenLifetime * 1_000, clock })
  })
  const isolation = new Isolation({ limit: history.crashLimit, window: history.crashWindow * 1_000, pause: history.crashPause * 1_000, clock })
  const gate = new LoadGate(loadLevels(config.load))
  // Upgrades for our own live events, handed over by the WebSocket proxy, which sees every upgrade first.
  const upgrades = new EventEmitter()

  const app: FastifyInstance = fastify({ https: tls.server && certificate !== null ? certificate.options : null, logger, logController: new LogController({ disableRequestLogging: true }), bodyLimit: 102_400, requestTimeout: uploadFolder === null ? requestTime : uploadTime, forceCloseConnections: true, trustProxy: trusts, rewriteUrl: ({ url = '' }) => withoutPrefix(url, front.prefix), routerOptions: { ignoreDuplicateSlashes: true } })
  if (behind.proxyProtocol) takeProxyHeaders(app.server, trusts, clock)
  await app.register(errors)
  if (uploadFolder !== null) await app.register(arrivalTime, { usual: requestTime, clock })
  await app.register(requestLog, { level: log.requestLevel, filter: requestFilter(log.requestFilter), clock })
  if (certificate !== null) await app.register(certificatePlugin, { certificate })
  if (certificate !== null && tls.server) await app.register(tlsListener, { certificate })
  await app.register(frontPlugin, { front })
  await app.register(access, { ...http, secure: tls.server })
  await app.register(portPool, { ...ports, count: sessions.max, own: [http.port, fileServer.port, config.metrics.port].filter(port => port !== 0), clock })
  await app.register(spawner, {
    program,
    common,
    environment: { display: environment['DISPLAY'], egl: streamServer.egl, handedOn: handedOn(streamServer.childEnv, environment) },
    gpuCount: streamServer.gpuCount,
    reportTo: { scheme: tls.server ? 'https' : 'http', host: http.internalHost || (tls.server ? http.publicHost : '') },
    renderers: streamServer.renderers.filter(renderer => program.renderers.includes(renderer)),
    maxSessions: sessions.max,
    maxStarts: sessions.maxStarts,
    gate,
    maxPerCaller: sessions.maxPerCaller,
    line: { room: sessions.queueLength, patience: sessions.seatTimeout * 1_000 },
    hold: { line: sessions.reentry * 1_000, seat: program.keepsSeat ? 0 : sessions.reentry * 1_000 },
    ahead: startedAhead(config),
    limits: limitsOf(sessions),
    limitRanges: limitRanges(sessions, config.ceilings),
    keepEnded: sessions.keepEnded,
    barred: model => isolation.barred(model),
    logDir,
    sessionLogBytes: log.sessionBytes,
    tellOutput: { stdout: isWritten(log.childStdoutLevel, app.log.level), stderr: isWritten(log.childStderrLevel, app.log.level) },
    launcher,
    clock
  })
  await app.register(sessionHistory, { sessions: history.sessions, file: history.file === '' ? null : { path: resolve(history.file), limit: history.fileBytes, keep: history.files }, recalled: left?.notes.map(({ id }) => id) ?? [], clock })
  if (left !== null) {
    if (left.warning !== null) app.log.warn(left.warning)
    await app.register(keeping, { ...left, launcher, clock })
  }
  await app.register(sessionLog, { output: { stdout: log.childStdoutLevel, stderr: log.childStderrLevel } })
  if (logDir !== null) await app.register(logRetention, { dir: logDir, limits: { age: log.keepDays * 86_400_000, files: log.keepFiles, bytes: log.keepBytes }, ownLog, clock })
  const machine = new Machine()
  await app.register(loadGate, { gate, read: async () => await machine.read(), clock })
  await app.register(spawnLimit, { perMinute: http.spawnRateLimit })
  const admission = new Admission({ tokens: front.tokens, byPort: !front.byToken, seatsKept: program.keepsSeat, sessionOnPort: port => app.spawner.sessionOnPort(port), clock })
  await app.register(websocketProxy, { own: { path: '/api/events', upgrades }, admission, streamHost: reachable(http.host), upstream: tls.streamServers ? certificate : null, carrier, clock })
  if (config.metrics.enabled) await app.register(metrics, { ...config.metrics, isolatedModels: () => isolation.isolated().length, overload: () => gate.closed, wedged: () => app.wedgedSince() !== null })
  await app.register(status, { prefix: '/api/spawns', warnBefore: sessions.endWarning * 1_000 })
  await app.register(reportLine, { warnBefore: sessions.endWarning * 1_000, clock })
  await app.register(restHandshake, { modelDirs: http.open ? 'anywhere' : modelDirs, clock })
  await app.register(route, { admission, streamHost: reachable(http.host) })
  await app.register(officialPages, {
    ...http,
    config: shownConfig,
    proxiesViewers: fileServer.port !== 0 && fileServer.proxy,
    pingInterval: sessions.pingInterval,
    firstConnectTimeout: sessions.firstConnectTimeout,
    gate,
    collectGarbage,
    stop,
    clock
  })
  if (memory.gcInterval > 0) await app.register(garbageCollection, { interval: memory.gcInterval, collectGarbage, clock })
  await app.register(sessionsApi, http)
  await app.register(health, { clock })
  await app.register(drain, { ...http, drainTimeout: sessions.drainTimeout, clock })
  await app.register(crashes, { ...http, isolation, keptIn: stateDir === null ? null : join(stateDir, 'isolations.json'), dossiers: history.dossiers, residentBytes, look: procLook, clock })
  if (http.tutorial === 'auto' ? isLoopback(http.host) : http.tutorial === 'true') {
    await app.register(tutorial)
    await app.register(status, { prefix: '/liveliness', warnBefore: sessions.endWarning * 1_000 })
  }
  const singleFile = app.spawner.renderers.includes('csr') ? singleFileProgram(program, packageDir, common, handedOn(streamServer.childEnv, environment)) : null
  await app.register(models, { modelDirs, uploadBytes: uploadFolder === null ? null : uploadLimits.bytes, singleFile: singleFile !== null, clock })
  if (singleFile !== null) await app.register(singleFiles, { ...singleFile, launcher, clock })
  if (uploadFolder !== null) await app.register(uploads, { folder: uploadFolder, limits: { ...uploadLimits, fileBytes: uploadLimits.bytes }, perMinute: uploadLimits.rateLimit, clock })
  await app.register(liveEvents, { upgrades, clock })
  await app.register(staticFiles, { publicDir, dirs: staticDirs, framedBy: app.corsHeaders['access-control-allow-origin'] ?? '' })
  if (fileServer.port !== 0) {
    await app.register(fileServerPlugin, {
      ...fileServer,
      host: http.host,
      certificate: tls.fileServer ? certificate : null,
      furnish: async listener => {
        if (behind.proxyProtocol) takeProxyHeaders(listener.server, trusts, clock)
        await listener.register(errors)
        await listener.register(requestLog, { level: log.fileServerRequestLevel, filter: requestFilter(log.requestFilter), clock })
        await listener.register(frontPlugin, { front })
        await listener.register(access, { ...http, secure: tls.fileServer, corsOrigin: fileServer.corsOrigin })
        await listener.register(staticFiles, { publicDir: null, dirs: staticDirs, framedBy: '' })
        if (certificate !== null && tls.fileServer) await listener.register(tlsListener, { certificate })
      }
    })
  }
  return app
}

/** Seconds of the configuration in milliseconds. */
function limitsOf (sessions: Config['sessions']): Limits {
  const names = ['queueTimeout', 'startTimeout', 'aheadLifetime', 'firstConnectTimeout', 'pingTimeout', 'idleTimeout', 'maxLifetime', 'killStep'] as const
  return Object.fromEntries(names.map(name => [name, sessions[name] * 1_000])) as Limits
}

/** Levels of the load gate; where none is set for opening it is a quarter on the other side of the closing one. */
function loadLevels ({ memoryCloses, memoryOpens, cpuCloses, cpuOpens, loopCloses, loopOpens }: Config['load']) {
  return {
    memory: { closes: memoryCloses, opens: memoryOpens || memoryCloses * 1.25 },
    cpu: { closes: cpuCloses, opens: cpuOpens || cpuCloses * 0.75 },
    loop: { closes: loopCloses, opens: loopOpens || loopCloses * 0.75 }
  }
}

/** What a service before has left in the folder, and what stands in the way of going on with it. */
function whatWasLeft (folder: string) {
  const journal = join(folder, 'journal.jsonl')
  const problem = process.platform === 'linux' ? privateFolderProblem(folder) : 'SLIPWAY_KEEP_SESSIONS needs Linux; set it to 0'
  if (problem !== null) return { journal, notes: [], warning: null, problems: [`SLIPWAY_STATE_DIR: ${problem}`] }
  const reading = readJournal(journal)
  if (reading.status === 'otherVersion') return { journal, notes: [], warning: null, problems: [`SLIPWAY_STATE_DIR: ${journal} is of version ${reading.version}, which this Slipway does not read; start the one that wrote it and let its sessions end, or delete the file, which loses them`] }
  const harm = harmDone(reading)
  return { journal, notes: reading.notes, warning: harm === null ? null : `${journal}: ${harm}`, problems: [] }
}

/** The named variables, as far as they are there. */
function handedOn (names: readonly string[], environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(names.flatMap(name => environment[name] === undefined ? [] : [[name, environment[name]]]))
}

/** An address under which this machine reaches what listens on `host`. */
const reachable = (host: string) => host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
