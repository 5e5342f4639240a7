import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { startSlipway } from '../fixtures/slipway.ts'
import type { Target } from './contract.ts'

/** Where the suite runs: against the service at `address`, or against one of its own, started with an official configuration file. */
export async function targetOf (t: Test, address: string | undefined): Promise<Target> {
  return address === undefined ? await start(t) : { url: address.replace(/\/$/, ''), slipway: null, start }
}

async function start (t: Test, config: Record<string, unknown> = {}, env: Record<string, string> = {}, nodeArgs = ['--expose-gc']) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-contract-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  const file = join(folder, 'Config.js')
  writeFileSync(join(folder, 'licence.txt'), 'a licence\n')
  writeFileSync(file, `const types = require('../sdk/server/node/lib/SpawnerTypes')
module.exports = Object.assign({
  ipVersion: types.IPVersion.ForceIPv4,
  logConsoleLevelCutoff: types.LogLevel.Info,
  logRestFilterRegex: /POST.*liveliness=ping/
}, ${JSON.stringify({ ...installation(folder), ...config })})\n`)
  const slipway = await startSlipway(t, { SLIPWAY_MAX_SESSIONS: '8', SLIPWAY_TUTORIAL: 'true', ...env }, { args: ['--config-file', file], nodeArgs })
  return { url: `http://127.0.0.1:${slipway.port}`, slipway, start }
}

const installation = (folder: string) => ({
  spawnServerPort: 11_182,
  publicHostname: null,
  spawnMaxSpawnCount: 8,
  spawnWebsocketPortsBegin: 11_000,
  spawnLivelinessReportIntervalTime: 5,
  spawnInitialUseDuration: 60,
  csrEnabled: true,
  ssrEnabled: true,
  disableConsoleEnterToShutdown: true,
  communicatorDir: folder,
  modelDirs: [folder],
  workspaceDir: 'workspace',
  logDir: 'logs',
  fileServerPort: 0,
  licenseFile: 'licence.txt',
  license: null
})
