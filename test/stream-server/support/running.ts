import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { systemClock } from '../../../src/clock.ts'
import type { Clock } from '../../../src/clock.ts'
import { parseOptions } from '../../../src/stream-server/options.ts'
import { StreamServer } from '../../../src/stream-server/stream-server.ts'
import { programs } from './bundle.ts'
import { writeBalls } from './model.ts'

export interface RunningServer {
  server: StreamServer
  url: string
  port: number
  log: string[]
  models: string
  workspace: string
}

/** A stream server in this process on a free port, with a model `balls`, stopped with the test. */
export async function running (t: Test, args: string[] = [], clock: Clock = systemClock): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'stream-server-'))
  const models = join(folder, 'models')
  const workspace = join(folder, 'workspace')
  await mkdir(models)
  await writeBalls(join(models, 'balls.glb'))
  const { prepare, render } = await programs()
  const parsed = parseOptions(['--id', 'test', '--sc-port', '0', '--model-search-directories', models, '--workspace-dir', workspace, ...args])
  if (parsed.kind !== 'run') throw new Error(JSON.stringify(parsed))
  const log: string[] = []
  const server = new StreamServer({ options: parsed.options, clock, log: { info: line => { log.push(line) }, detail: () => {} }, preparationProgram: prepare, renderProgram: render })
  const port = await server.start()
  t.teardown(async () => {
    await server.stop(0)
    await server.finished
    await rm(folder, { recursive: true })
  })
  return { server, url: `${parsed.options.tls ? 'wss' : 'ws'}://127.0.0.1:${port}/any/path?x=1`, port, log, models, workspace }
}
