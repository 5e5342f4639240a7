import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { portRange, processesWithArgument } from '../../fixtures/leak-check.ts'
import { runSlipway, slipwayProgram, startSlipway, type Environment, type Setting, type Slipway } from '../../fixtures/slipway.ts'

/** A service that can be started again and again: the same port, the same folders. */
export async function restartable (t: Test, env: Environment = {}, setting: Setting = {}) {
  const home = mkdtempSync(join(tmpdir(), 'slipway-restart-'))
  t.teardown(() => { rmSync(home, { recursive: true }) })
  const port = await portRange(5)
  let streamServer: string | undefined
  const start = async (program = slipwayProgram, more: Setting = {}): Promise<Slipway> => {
    const slipway = await startSlipway(t, {
      SLIPWAY_KEEP_SESSIONS: '60',
      SLIPWAY_STATE_DIR: join(home, 'state'),
      SLIPWAY_PORT: String(port),
      SLIPWAY_WS_PORTS_BEGIN: String(port + 1),
      SLIPWAY_MAX_SESSIONS: '4',
      ...streamServer === undefined ? {} : { SLIPWAY_STREAM_SERVER: streamServer },
      ...env
    }, { ...setting, ...more, program })
    streamServer ??= slipway.streamServer
    return slipway
  }
  /** A start that is refused; answers what it says. */
  const refused = async (on?: number) => {
    const { code, stderr } = await runSlipway(t, { SLIPWAY_KEEP_SESSIONS: '60', SLIPWAY_STATE_DIR: join(home, 'state'), SLIPWAY_PORT: String(on ?? await portRange(1)), SLIPWAY_WS_PORTS_BEGIN: String(port + 1), ...env })
    return `${code} ${stderr}`
  }
  return { start, refused, home, state: join(home, 'state'), launchers: () => processesWithArgument(join(home, 'state')) }
}
