import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isAlive } from '../fixtures/leak-check.ts'
import { openViewer, session, stopSession } from './support/requests.ts'
import { restartable } from './support/restartable.ts'

/** Two services on one machine, each with sessions that outlive it. */
async function neighbours (t: Parameters<typeof restartable>[0]) {
  const [one, other] = [await restartable(t), await restartable(t)]
  const services = { one: await one.start(), other: await other.start() }
  const sessions = { one: await openViewer(services.one), other: await openViewer(services.other) }
  const pids = { one: Number((await session(services.one, sessions.one.serviceId))['pid']), other: Number((await session(services.other, sessions.other.serviceId))['pid']) }
  return { one, other, services, sessions, pids }
}

t.test('two services on one machine: whichever is killed, stopped or started again, the other and its stream servers notice nothing', async t => {
  const { one, other, services, sessions, pids } = await neighbours(t)
  const launchers = other.launchers()
  const untouched = async (when: string) => {
    t.match(await session(services.other, sessions.other.serviceId), { state: 'ready', pid: pids.other, port: sessions.other.port }, when)
    t.same(other.launchers(), launchers, when)
    t.ok(isAlive(pids.other), when)
  }
  await services.one.stop('SIGKILL')
  await untouched('the first is killed')
  const again = await one.start()
  t.match(await again.waitForLog(/of 1 sessions of the service that ran before 1 are taken over/), { adopted: 1, ended: 0, lost: 0 })
  await untouched('it is started again')
  t.match(await stopSession(again, sessions.other.serviceId), { status: 404 }, 'nobody stops another’s session')
  await again.stop('SIGINT')
  t.notOk(isAlive(pids.one), 'it ends its own')
  await untouched('it is stopped')
})

t.test('a service that finds the journal of another that runs neither adopts nor kills what is in it', async t => {
  const { one, services, sessions, pids } = await neighbours(t)
  const third = await restartable(t)
  mkdirSync(third.state, { mode: 0o700 })
  cpSync(join(one.state, 'journal.jsonl'), join(third.state, 'journal.jsonl'))
  const service = await third.start()
  t.match(await service.waitForLog(/a session of the service that ran before is not taken over: .*another launcher has its process/), { spawnId: sessions.one.serviceId, childPid: pids.one })
  t.match(await session(service, sessions.one.serviceId), { state: 'failed', reason: 'not_kept' })
  t.ok(isAlive(pids.one))
  t.match(await session(services.one, sessions.one.serviceId), { state: 'ready', pid: pids.one, endedAt: null })
})
