import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { WebSocket } from 'ws'
import { childrenOf, descriptors, resident } from '../../bench/proc.ts'
import { startService, type Service } from '../../bench/service.ts'
import type { SessionRecord } from '../../src/sessions/session-record.ts'
import { portRange, processesWithArgument } from '../fixtures/leak-check.ts'
import { SeededRandom } from '../simulation/seeded-random.ts'
import { Callers } from './callers.ts'
import { FaultRelay } from './fault-relay.ts'
import { broken, type Examined } from './invariants.ts'
import { Metrics } from './metrics.ts'
import { quick } from './quick.ts'
import { moment } from './seed.ts'

interface Weight { memory: number, descriptors: number }

/** Totals since the beginning, but for what is now. */
export interface Figures {
  requests: number
  refused: number
  /** Requests whose connection broke. */
  cutOff: number
  come: number
  alive: number
  /** Free/leased/resting/blocked. */
  ports: string
  service: Weight
  launcher: Weight
  /** Callers who were never answered, and what else went wrong on this side. */
  errors: number
}

const seats = 40
const MiB = 1_048_576

const badModels = [
  'mode-never-ready', 'mode-crash-at-start', 'mode-crash-after-ready', 'mode-silent-after-ready', 'mode-ignore-sigterm', 'mode-forks-a-grandchild', 'mode-chatty', 'mode-slow-exit'
]
// Most sessions are good ones.
const models = [...badModels, ...Array.from({ length: 5 * badModels.length }, () => null)]

/** A service under a load of everything that goes wrong, for as long as it is wanted. */
export class Soak {
  readonly #service: Service
  readonly #examined: Examined
  readonly #random: SeededRandom
  readonly #callers: Callers
  readonly #relay: FaultRelay
  readonly #ends: Array<() => unknown>
  readonly #errors: Error[] = []
  readonly #known = new Set<string>()
  readonly #going: Promise<unknown>
  #come = 0
  #over = false
  /** When everything has been there once. */
  #warm: Weight | undefined

  private constructor (service: Service, examined: Examined, random: SeededRandom, relay: FaultRelay, ends: Array<() => unknown>) {
    this.#service = service
    this.#examined = examined
    this.#random = random
    this.#callers = new Callers(random)
    this.#relay = relay
    this.#ends = ends
    this.#listen()
    const good = Array.from({ length: 3 }, () => this.#visits({ url: service.url, port: service.port }))
    this.#going = Promise.all([...good, this.#visits(relay), this.#strikes()])
  }

  /** Starts the built service in a folder of its own, with a stream server in C for good sessions and the stand-in for bad ones. */
  static async begin (folder: string, standIn: string, seed: number): Promise<Soak> {
    const random = new SeededRandom(seed)
    const begin = await portRange(seats)
    const streamServer = join(folder, 'ts3d_sc_server')
    const fake = resolve('test/fixtures/fake-sc-server')
    writeFileSync(streamServer, `#!/bin/sh\ncase "$*" in *mode-*) exec "${process.execPath}" "${fake}" "$@";; esac\nexec "${standIn}" "$@"\n`, { mode: 0o755 })
    const service = await startService({
      ...quick,
      SLIPWAY_STREAM_SERVER: streamServer,
      SLIPWAY_WORKSPACE_DIR: join(folder, 'workspace'),
      SLIPWAY_LOG_DIR: join(folder, 'logs'),
      SLIPWAY_MAX_SESSIONS: String(seats),
      SLIPWAY_WS_PORTS_BEGIN: String(begin),
      SLIPWAY_STARTED_AHEAD_CSR: '0',
      SLIPWAY_PING_INTERVAL: '0.5',
      SLIPWAY_PORT_REST: '0.5',
      SLIPWAY_KEEP_ENDED: '5',
      SLIPWAY_HISTORY_SESSIONS: '200',
      SLIPWAY_HISTORY_FILE: join(folder, 'history.jsonl')
    })
    const ends: Array<() => unknown> = []
    const relay = await FaultRelay.open({ teardown: end => { ends.push(end as () => unknown) } }, service.port, random)
    const ports = Array.from({ length: seats }, (_, index) => begin + index)
    return new Soak(service, { url: service.url, pid: service.pid, launcher: () => launcherOf(service.pid) ?? NaN, ports, folder }, random, relay, ends)
  }

  /** Lets a minute pass; answers how it stands then. */
  async minute (): Promise<Figures> {
    await moment(60_000)
    const figures = await this.#figures()
    this.#warm ??= figures.service
    return figures
  }

  /** Lets everybody leave; answers what does not hold, in words. The service is left to whoever has started it. */
  async end (): Promise<string[]> {
    this.#over = true
    await this.#going
    this.#relay.hangUp()
    // A service that is soaked is compared with its own first minute.
    const wrong = await broken(this.#examined, { asked: this.#callers.counted, before: null, come: () => this.#come })
    for (const end of this.#ends) end()
    const { service } = await this.#figures()
    const warm = this.#warm ?? service
    const grown = (service.memory - warm.memory) / MiB
    return [
      ...wrong,
      ...this.#errors.map(({ message }) => message),
      ...grown < 48 ? [] : [`the service has grown by ${grown.toFixed(0)} MiB since the first minute`],
      ...service.descriptors <= warm.descriptors ? [] : [`the service has ${service.descriptors} descriptors, ${warm.descriptors} after the first minute`]
    ]
  }

  async #visits (to: { url: string, port: number }): Promise<void> {
    while (!this.#over) {
      await this.#callers.come(to, { visits: 4, abreast: 2, models, stay: 4_000 }).catch((error: Error) => { this.#errors.push(error) })
    }
  }

  async #strikes (): Promise<void> {
    while (!this.#over) {
      await moment(this.#random.between(500, 3_000))
      const children = processesWithArgument(this.#examined.folder).filter(pid => pid !== this.#service.pid)
      const launcher = this.#launcher()
      const [pid, signal] = this.#random.chance(0.02)
        ? [launcher, 'SIGKILL'] as const
        : [children.length === 0 ? undefined : this.#random.pick(children), this.#random.chance(0.7) ? 'SIGKILL' : 'SIGSTOP'] as const
      try {
        if (pid !== undefined) process.kill(pid, signal)
      } catch {
        // It has ended by itself just now.
      }
    }
  }

  #listen (): void {
    const feed = new WebSocket(`ws://127.0.0.1:${this.#service.port}/api/events`)
    feed.on('error', error => { this.#errors.push(error) })
    feed.on('message', data => {
      const told = JSON.parse(String(data)) as { sessions?: SessionRecord[], session?: SessionRecord }
      for (const { id, endedAt } of told.sessions ?? (told.session === undefined ? [] : [told.session])) {
        if (endedAt !== null) this.#known.delete(id)
        else if (!this.#known.has(id)) {
          this.#known.add(id)
          this.#come++
        }
      }
    })
    this.#ends.push(() => { feed.terminate() })
  }

  #launcher (): number | undefined { return launcherOf(this.#service.pid) }

  async #figures (): Promise<Figures> {
    const { fates, asked } = this.#callers
    const metrics = await Metrics.of(this.#service.url)
    const launcher = this.#launcher()
    return {
      requests: asked,
      refused: fates.refused,
      cutOff: fates.broken,
      come: this.#come,
      alive: this.#known.size,
      ports: ['free', 'leased', 'resting', 'blocked'].map(state => metrics.sum('ports', `state="${state}"`)).join('/'),
      service: { memory: resident(this.#service.pid), descriptors: descriptors(this.#service.pid) },
      launcher: launcher === undefined ? { memory: 0, descriptors: 0 } : { memory: resident(launcher), descriptors: descriptors(launcher) },
      errors: this.#errors.length
    }
  }
}

function launcherOf (service: number): number | undefined {
  return childrenOf(service).find(({ zombie }) => !zombie)?.pid
}
