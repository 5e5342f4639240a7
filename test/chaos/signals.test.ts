import t from 'tap'
import { asking } from '../e2e/support/requests.ts'
import { restartable } from '../e2e/support/restartable.ts'
import { isAlive, portIsFree, processesWithArgument } from '../fixtures/leak-check.ts'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import type { SeededRandom } from '../simulation/seeded-random.ts'
import { Callers } from './callers.ts'
import { nodeArgs, warmedUp } from './footprint.ts'
import { broken } from './invariants.ts'
import { quick } from './quick.ts'
import { chance, drawn, during, moment } from './seed.ts'

const provokes = /the process that starts stream servers died/

/** Signals a process that may have ended just now. */
function strike (pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined || Number.isNaN(pid) || !isAlive(pid)) return
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Stops a process for a while. */
async function freeze (pid: number, random: SeededRandom, longest: number): Promise<void> {
  strike(pid, 'SIGSTOP')
  await moment(random.between(100, longest))
  strike(pid, 'SIGCONT')
}

t.test('SIGKILL and SIGSTOP of stream servers at random moments: every caller is answered, and nothing is lost', async t => {
  const random = chance()
  const slipway = await startSlipway(t, { ...quick, SLIPWAY_MAX_SESSIONS: '6' }, { nodeArgs })
  const callers = new Callers(random)
  const before = await warmedUp(slipway, callers)
  await during(callers.come(slipway, { visits: 24, abreast: 6, stay: 600 }), async () => {
    await moment(random.between(20, 250))
    const children = processesWithArgument(slipway.folder)
    // One that is stopped stays so: whoever falls silent is ended.
    if (children.length > 0) strike(random.pick(children), random.chance(0.7) ? 'SIGKILL' : 'SIGSTOP')
  })
  t.same(await broken(slipway, { asked: callers.asked, before }), [], drawn)
  // A viewer whose stream server is killed before it has said a word sees the end of its connection.
  t.equal(callers.answers['broken'] ?? 0, 0, `every caller was answered: ${JSON.stringify(callers.answers)}`)
})

t.test('SIGKILL and SIGSTOP of the launcher at random moments: every caller is answered, and nothing is lost', async t => {
  const random = chance()
  const slipway = await startSlipway(t, { ...quick, SLIPWAY_MAX_SESSIONS: '6' }, { nodeArgs, provokes })
  const callers = new Callers(random)
  const before = await warmedUp(slipway, callers)
  await during(callers.come(slipway, { visits: 18, abreast: 6, stay: 500 }), async () => {
    await moment(random.between(200, 900))
    if (random.chance(0.5)) strike(slipway.launcher(), 'SIGKILL')
    else await freeze(slipway.launcher(), random, 1_500)
  })
  t.same(await broken(slipway, { asked: callers.asked, before }), [], drawn)
  t.equal(callers.answers['broken'] ?? 0, 0, `every caller was answered: ${JSON.stringify(callers.answers)}`)
})

t.test('SIGSTOP of the service at random moments: every caller is answered, and nothing is lost', async t => {
  const random = chance()
  const slipway = await startSlipway(t, { ...quick, SLIPWAY_MAX_SESSIONS: '6' }, { nodeArgs })
  const callers = new Callers(random)
  const before = await warmedUp(slipway, callers)
  await during(callers.come(slipway, { visits: 18, abreast: 6, stay: 500 }), async () => {
    await moment(random.between(100, 600))
    await freeze(slipway.pid, random, 1_500)
  })
  t.same(await broken(slipway, { asked: callers.asked, before }), [], drawn)
  t.equal(callers.answers['broken'] ?? 0, 0, `every caller was answered: ${JSON.stringify(callers.answers)}`)
})

t.test('SIGKILL of the service at random moments: nobody waits for ever, and nothing is left', async t => {
  const random = chance()
  for (let round = 0; round < 2; round++) {
    const slipway = await startSlipway(t, { ...quick, SLIPWAY_MAX_SESSIONS: '6' })
    const launcher = slipway.launcher()
    const callers = new Callers(random)
    const visits = callers.come(slipway, { visits: 12, abreast: 6, models: [null, 'mode-ignore-sigterm', 'mode-slow-ready-500'] })
    await moment(random.between(50, 1_200))
    await slipway.stop('SIGKILL')
    await comesTrue(`no process is left (${drawn})`, () => !isAlive(launcher) && processesWithArgument(slipway.folder).length === 0, 10_000)
    await visits
    t.equal(callers.asked, 12, JSON.stringify(callers.answers))
    t.same((await Promise.all(slipway.ports.map(portIsFree))).filter(free => !free), [], `every port can be bound (${drawn})`)
  }
})

t.test('SIGKILL of a service that keeps its sessions at random moments: the next one owns whatever is left', async t => {
  const random = chance()
  const { start } = await restartable(t, { ...quick, SLIPWAY_MAX_SESSIONS: '4', SLIPWAY_FIRST_CONNECT_TIMEOUT: '30' })
  for (let round = 0; round < 3; round++) {
    const slipway = await start()
    const visits = new Callers(random).come(slipway, { visits: 8, abreast: 4, stay: 3_000 })
    await moment(random.between(100, 1_500))
    await slipway.stop('SIGKILL')
    await visits
  }
  const last = await start()
  const before = (await asking(`${last.url}/api/spawns`)).body['spawns'] as Array<{ id: string }>
  for (const { id } of before) await asking(`${last.url}/api/spawns/${id}`, { method: 'DELETE' })
  const callers = new Callers(random)
  await callers.come(last, { visits: 6, abreast: 3 })
  t.same(await broken(last, { asked: callers.asked, before: null }), [], drawn)
  t.equal(callers.fates.opened, 6, JSON.stringify(callers.answers))
})
