import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import type { Test } from 'tap'
import { portRange } from '../fixtures/leak-check.ts'
import { startSlipway } from '../fixtures/slipway.ts'
import type { OtherAddress, Target } from './contract.ts'
import { encryption } from './encryption.ts'

const authorities = rootCertificates.join('\n')

/**
 * Where the suite runs: against the service at `address`, whose further addresses `env` tells, or against two of its own, one in plain and
 * one encrypted, both started with an official configuration file.
 */
export async function targetOf (t: Test, address: string | undefined, env: Readonly<Record<string, string | undefined>>): Promise<Target> {
  if (address !== undefined) {
    const others = Object.fromEntries(names.flatMap(name => env[name] === undefined ? [] : [[name, plain(env[name])]]))
    const caFile = env['CONTRACT_TLS_CA_FILE']
    return { url: plain(address), others, ca: caFile === undefined ? authorities : readFileSync(caFile, 'utf8'), slipway: null, start }
  }
  const target = await start(t, { fileServerPort: await portRange(1) })
  const { config, env: trust, ca } = encryption(t)
  const encrypted = await start(t, { ...config, fileServerPort: await portRange(1) }, trust)
  return { ...target, others: { ...target.others, ...encrypted.others, CONTRACT_TLS_URL: encrypted.url, CONTRACT_TUTORIAL_URL: target.url }, ca }
}

const names: readonly OtherAddress[] = ['CONTRACT_FILE_SERVER_URL', 'CONTRACT_TLS_URL', 'CONTRACT_TLS_FILE_SERVER_URL', 'CONTRACT_TUTORIAL_URL']
const plain = (address: string) => address.replace(/\/$/, '')

async function start (t: Test, config: Record<string, unknown> = {}, env: Record<string, string> = {}, nodeArgs = ['--expose-gc'], program?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-contract-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  const file = join(folder, 'Config.js')
  writeFileSync(join(folder, 'licence.txt'), 'a licence\n')
  mkdirSync(join(folder, 'web'))
  writeFileSync(file, `const types = require('../sdk/server/node/lib/SpawnerTypes')
module.exports = Object.assign({
  ipVersion: types.IPVersion.ForceIPv4,
  logConsoleLevelCutoff: types.LogLevel.Info,
  logRestFilterRegex: /POST.*liveliness=ping/
}, ${JSON.stringify({ ...installation(folder), ...config })})\n`)
  const slipway = await startSlipway(t, { SLIPWAY_MAX_SESSIONS: '8', SLIPWAY_TUTORIAL: 'true', ...env }, { args: ['--config-file', file], nodeArgs, ...program === undefined ? {} : { program } })
  const files = config['fileServerPort'] === undefined ? undefined : `127.0.0.1:${String(config['fileServerPort'])}`
  const others = files === undefined ? {} : config['sslEnableFileServer'] === true ? { CONTRACT_TLS_FILE_SERVER_URL: `https://${files}` } : { CONTRACT_FILE_SERVER_URL: `http://${files}` }
  return { url: `${slipway.url.split(':')[0]}://127.0.0.1:${slipway.port}`, others, ca: authorities, slipway, start }
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
  fileServerStaticDirs: ['web'],
  licenseFile: 'licence.txt',
  license: null
})
