import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A Slipway of its own, built and running, for the length of a measurement. */
export interface Service { url: string, stop(): Promise<void> }

/** @param settings environment on top of the defaults; ports are this measurement's own */
export async function startService (settings: Record<string, string>): Promise<Service> {
  const child: ChildProcess = spawn(process.execPath, ['dist/src/server.js', '--env-file', '/dev/null'], {
    env: { PATH: process.env['PATH'], SLIPWAY_PORT: '0', SLIPWAY_LOG_LEVEL: 'silent', SLIPWAY_SPAWN_RATE_LIMIT: '0', SLIPWAY_STARTED_AHEAD_CSR: '0', ...settings },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  if (child.stderr === null) throw new Error('no stderr')
  for await (const line of createInterface({ input: child.stderr })) {
    const url = /ready on (http:\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    child.stderr.resume()
    return {
      url,
      async stop () {
        const gone = once(child, 'exit')
        child.kill('SIGINT')
        await gone
      }
    }
  }
  throw new Error('the service ended before it was ready; is it built?')
}
