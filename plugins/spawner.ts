import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { v4 } from 'uuid'
import type { Clock } from '../src/clock.ts'
import { sessionLogName, sessionOutputName } from '../src/logs/names.ts'
import type { LoadGate } from '../src/load/load-gate.ts'
import { suspectAfter } from '../src/compat/official-states.ts'
import { procHolder } from '../src/ports/port-holder.ts'
import { procPresence } from '../src/ports/port-presence.ts'
import type { LimitRanges } from '../src/sessions/asked-limits.ts'
import type { Limits } from '../src/sessions/transitions.ts'
import { GpuPool } from '../src/sessions/gpu-pool.ts'
import { childEnvironment, commandLine, type CommonArguments, type GivenEnvironment, type StreamServerProgram } from '../src/spawning/command-line.ts'
import type { Launcher } from '../src/spawning/launcher.ts'
import type { Barred } from '../src/spawning/outcome.ts'
import { Spawner } from '../src/spawning/spawner.ts'
import type { Renderer } from '../src/sessions/session.ts'

/**
 * Owns the sessions and the launcher. Decorates `spawner`, `streamServer`, `limitRanges` and `statusBase`. `onReady` gets the launcher ready, `preClose` only begins to
 * end sessions (nothing new from then on), `onListen` begins to start some ahead, `onClose` waits until every process is gone.
 */
export interface SpawnerPluginOptions {
  program: StreamServerProgram
  common: CommonArguments
  environment: GivenEnvironment
  /** GPUs that server rendering is spread over; 0: it is not. */
  gpuCount: number
  /** Where stream servers report to; an empty host: the address the service listens on, the loopback when it listens on all. */
  reportTo: { scheme: 'http' | 'https', host: string }
  renderers: readonly Renderer[]
  maxSessions: number
  /** Most stream servers that are started at a time; 0: without limit. */
  maxStarts: number
  /** Whether the machine is too busy to start more; absent: it never is. */
  gate?: LoadGate
  /** Most sessions of one caller at a time; 0: without limit. */
  maxPerCaller: number
  /** Most requests that wait for a seat when all are taken, and for how many milliseconds. */
  line: { room: number, patience: number }
  /** Milliseconds for which a place in the line, and the seat of a session that has ended, is kept for whoever may come back to it; 0: none is. */
  hold: { line: number, seat: number }
  /** Sessions to have started ahead, by renderer. */
  ahead: Readonly<Record<Renderer, number>>
  /** Milliseconds. */
  limits: Limits
  /** What a request may ask for of them. */
  limitRanges: LimitRanges
  /** Seconds. */
  keepEnded: number
  /** Why a model is kept from everybody now; absent: none ever is. */
  barred?: (model: string) => Barred | undefined
  /** Absolute; null: output is not kept. */
  logDir: string | null
  sessionLogBytes: number
  /** What of their output the spawner tells while they run. */
  tellOutput: { stdout: boolean, stderr: boolean }
  launcher: Launcher
  clock: Clock
}

declare module 'fastify' {
  interface FastifyInstance {
    spawner: Spawner
    streamServer: StreamServerProgram
    limitRanges: LimitRanges
    /** Address that stream servers report to, each with its id behind it. */
    statusBase: () => string
  }
}

const spawnerPlugin: FastifyPluginAsync<SpawnerPluginOptions> = async (app, options) => {
  const { program, common, launcher, clock, logDir, tellOutput } = options
  const writesOwnLog = program.options === 'official' && (common.logging?.fileMask ?? 0) > 0
  const spawner = new Spawner({
    launcher,
    clock,
    ports: app.portPool,
    gpus: new GpuPool(options.gpuCount),
    presence: procPresence(clock),
    holder: procHolder,
    staleAfter: suspectAfter(common.pingInterval),
    newId: v4,
    ...options.barred === undefined ? {} : { barred: options.barred },
    ...options.gate === undefined ? {} : { gate: options.gate },
    programName: program.name,
    renderers: options.renderers,
    maxSessions: options.maxSessions,
    maxStarts: options.maxStarts,
    maxPerCaller: options.maxPerCaller,
    line: options.line,
    hold: options.hold,
    newToken: () => randomBytes(24).toString('base64url'),
    ahead: options.ahead,
    limits: options.limits,
    keepEnded: options.keepEnded * 1_000,
    order: ({ id, order: { renderer, model, via, limits }, createdAt, gpu }, port, { modelSearchDirectories, sessionToken }) => {
      const log = logDir === null ? null : join(logDir, sessionLogName(renderer, createdAt, id))
      const output = logDir === null ? null : join(logDir, sessionOutputName(renderer, createdAt, id))
      const ownLogFile = writesOwnLog ? log : null
      return {
        id,
        executable: program.executable,
        args: commandLine(program, common, { id, port, renderer, model, modelSearchDirectories, sessionToken, livelinessEndpoint: app.statusBase(), ownLogFile, gpu: gpu?.index ?? null, aheadLifetime: via === null ? options.limits.aheadLifetime / 1_000 : undefined, firstConnectTimeout: limits?.firstConnectTimeout === undefined ? undefined : limits.firstConnectTimeout / 1_000 }),
        env: childEnvironment(program, options.environment),
        logFile: writesOwnLog ? output : log,
        logBytes: options.sessionLogBytes,
        secrets: [common.license, sessionToken].filter(secret => typeof secret === 'string'),
        ...tellOutput.stdout || tellOutput.stderr ? { tellOutput } : {}
      }
    }
  })
  launcher.on('lost', ({ children, cause }) => { app.log.error({ children, cause }, `the process that starts stream servers died (${cause}); ${children} sessions end with it, another is started`) })
  launcher.on('restarted', () => { app.log.warn('the process that starts stream servers is back') })
  spawner.on('unfit', ({ session: { id, port, pid }, why }) => { app.log.warn({ spawnId: id, port, childPid: pid }, `a stream server that was started ahead is not handed out: ${why}`) })
  spawner.on('aheadFailed', ({ renderer, reason, inARow, pause }) => {
    if (inARow === 3) app.log.warn({ renderer, reason, pause }, `stream servers that are started ahead end badly, ${inARow} in a row now (${reason}); they are tried again more and more slowly`)
  })
  app.decorate('spawner', spawner)
  app.decorate('streamServer', program)
  app.decorate('limitRanges', options.limitRanges)
  app.decorate('statusBase', () => statusBase(app, options.reportTo))

  app.addHook('onReady', async () => { await launcher.open() })
  app.addHook('onListen', async () => { spawner.startAhead() })
  app.addHook('preClose', async () => { void spawner.stopAll() })
  app.addHook('onClose', async () => {
    await spawner.close()
    await launcher.close()
  })
}

/** Base address of the reports. */
function statusBase (app: FastifyInstance, { scheme, host: named }: SpawnerPluginOptions['reportTo']): string {
  const listening = app.server.address()
  const { address, port } = listening === null || typeof listening === 'string' ? { address: '127.0.0.1', port: scheme === 'http' ? 80 : 443 } : listening
  const host = named || (address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address)
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/api/spawns/`
}

export default fp(spawnerPlugin, { name: 'spawner', dependencies: ['port-pool'] })
