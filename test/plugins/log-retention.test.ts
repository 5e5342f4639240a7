import { readdirSync, utimesSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import logRetention from '../../plugins/log-retention.ts'
import { serverLogName, sessionLogName } from '../../src/logs/names.ts'
import { OwnFiles } from '../../src/logs/own-files.ts'
import { appStage, opened } from '../fixtures/app-stage.ts'

t.test('the folder is swept at the start and soon after a session has ended, and the living stay', async t => {
  const { app, clock, log } = await appStage(t)
  const dir = t.testdir()
  const write = (name: string) => {
    writeFileSync(join(dir, name), 'x')
    utimesSync(join(dir, name), 0, clock.now() / 1_000)
  }
  const names = () => readdirSync(dir).filter(name => name !== '.slipway-logs').sort()
  const official = sessionLogName('ssr', 0, 'of-another-server')
  const own = serverLogName(clock.now(), 1)
  const old = sessionLogName('csr', 0, 'long-gone')
  write(own)
  write(old)
  write(official)
  const earlier = new OwnFiles(dir, clock)
  earlier.note(old)
  await earlier.makers()
  write('notes.txt')
  await clock.advance(10_000)
  await app.register(logRetention, { dir, limits: { age: 5_000, files: 0, bytes: 0 }, ownLog: own, clock })
  await app.ready()
  t.same(names(), [own, official, 'notes.txt'].sort())
  t.match(log.find(({ files }) => files !== undefined), { level: 30, files: 1, bytes: 1, msg: /^old log files are deleted/ })

  const [first, second] = [await opened(app), await opened(app)]
  const logs = [first, second].map(({ id, createdAt }) => sessionLogName('csr', createdAt, id))
  for (const log of logs) write(log)
  await clock.advance(6_000)
  const changes = watch(dir)
  t.teardown(() => { changes.close() })
  const gone = new Promise<void>(resolve => { changes.on('change', (_, name) => { if (name === logs[0]) resolve() }) })
  await app.spawner.stop(first.id, 'admin')
  await clock.advance(5_000)
  await gone
  t.same(names(), [own, official, logs[1], 'notes.txt'].sort())
})
