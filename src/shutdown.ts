import type { Clock } from './clock.ts'
import type { Spawner } from './spawning/spawner.ts'

/** The running program, as far as a shutdown concerns it. */
export interface Running {
  close(): PromiseLike<unknown>
  spawner: Spawner
  /** Parts from the sessions, within so many milliseconds, where they are to outlive the service. */
  leaveSessions?: (patience: number) => Promise<void>
  log: { info(message: string): void }
}

/** Milliseconds everything else may take to close once no session is left. */
const backstop = 5_000

/**
 * What signals mean: SIGTERM lets running sessions finish up to `drainTimeout` seconds and takes nothing new, or leaves them to the next
 * service; SIGINT and SIGHUP stop them now; a second signal has no patience at all. `ended` is called once, when everything is closed.
 */
export function shutDownOnSignals (app: Running, signals: NodeJS.EventEmitter, drainTimeout: number, clock: Clock, ended: (error?: unknown) => void): void {
  let received = 0
  let over = false
  const once = (error?: unknown) => {
    cancelPatience()
    if (!over) ended(error)
    over = true
  }
  let closing = false
  let cancelPatience = () => {}
  const close = () => {
    cancelPatience()
    if (closing) return
    closing = true
    // First the sessions, while their stream servers and whoever asks after us still get answers.
    app.spawner.stopAll().then(async () => {
      // Every process is gone: a socket that will not close is no reason to stay.
      cancelPatience = clock.after(backstop, once)
      await app.close()
    }).then(() => { once() }, once)
  }
  const leave = () => {
    app.log.info(`SIGTERM: leaving ${app.spawner.alive} sessions to the service that is started next`)
    void app.leaveSessions?.(drainTimeout * 1_000).then(close)
  }
  const onSignal = (signal: NodeJS.Signals) => {
    received++
    if (received === 1 && signal === 'SIGTERM' && app.leaveSessions !== undefined) return leave()
    app.log.info(`${signal}: ${received > 1 ? 'killing every session' : signal === 'SIGTERM' ? `draining ${app.spawner.alive} sessions, ${drainTimeout} s at most` : 'stopping every session'}`)
    if (received > 1) app.spawner.hurry()
    if (received > 1 || signal !== 'SIGTERM') {
      close()
      return
    }
    cancelPatience = clock.after(drainTimeout * 1_000, close)
    void app.spawner.emptied(clock.now() + drainTimeout * 1_000).then(close)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) signals.on(signal, onSignal)
}
