import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { start, type Running } from './running.ts'

/** A Slipway of its own, built and running, for the length of a measurement. */
export interface Service extends Running { url: string, port: number }

export const nativeLauncher = join('dist', 'native', 'slipway-launcher')
export const hasNativeLauncher = existsSync(nativeLauncher)
export const hasNativeCarrier = existsSync(join('dist', 'native', 'slipway-carrier'))

/**
 * @param settings environment on top of the defaults; ports are this measurement's own
 * @param nodeArgs Node's own arguments
 */
export async function startService (settings: Record<string, string>, nodeArgs: readonly string[] = []): Promise<Service> {
  const running = await start({
    command: process.execPath,
    args: [...nodeArgs, 'dist/src/server.js', '--env-file', '/dev/null'],
    env: { SLIPWAY_PORT: '0', SLIPWAY_LOG_LEVEL: 'silent', SLIPWAY_SPAWN_RATE_LIMIT: '0', ...settings },
    ready: /ready on (http:\S+:(\d+))/
  })
  return { ...running, url: running.said[0] ?? '', port: Number(running.said[1]) }
}

/** Settings for sessions with the stand-in: it is started often, so that a port is given out again at once. */
export function withStandIn (standIn: string, folder: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    SLIPWAY_STREAM_SERVER: standIn,
    SLIPWAY_LOG_DIR: join(folder, 'logs'),
    SLIPWAY_WORKSPACE_DIR: join(folder, 'workspace'),
    SLIPWAY_MAX_SESSIONS: '1000',
    SLIPWAY_PORT_REST: '0',
    SLIPWAY_WS_PORTS_BEGIN: '26000',
    ...more
  }
}
