import t from 'tap'
import { settle } from '../fixtures/fake-clock.ts'
import { spawnerStage } from '../fixtures/spawner-stage.ts'

type Stage = ReturnType<typeof spawnerStage>

const wanting = { reentry: { shown: null } }
const showing = (shown: string) => ({ reentry: { shown } })

/** Opens a session whose caller may come back, and has a viewer come to it; answers its id and its token. */
async function viewed ({ spawner, request, report }: Stage, id: string, changes = {}): Promise<string> {
  const opened = spawner.open(request({ ...wanting, ...changes }))
  await settle()
  report(id, 'ready')
  const result = await opened
  report(id, 'ping', { viewers: 1 })
  return result.status === 'opened' ? result.reentry ?? '' : ''
}

/** Its viewer drops: the stream server says so and ends. */
async function drops ({ report, launcher }: Stage, id: string): Promise<void> {
  report(id, 'disconnect')
  launcher.exit(id, { code: 0 })
  await settle()
}

t.test('the seat of a viewer that dropped is kept for whoever has its token, whoever else waits for one', async t => {
  const stage = spawnerStage({ max: 1, ports: 2, room: 1 })
  const { spawner, request, report, clock, diary } = stage
  const token = await viewed(stage, 'id-1')
  t.equal(token, 'token-1')
  const other = spawner.open(request({ caller: 'other' }))
  await drops(stage, 'id-1')
  t.equal(spawner.held, 1)
  t.equal(spawner.unready, 'full')
  t.equal(spawner.waiting, 1, 'nobody else gets it')
  const back = spawner.open(request(showing(token)))
  await settle()
  t.equal(spawner.held, 0)
  t.ok(diary.includes('id-2 ->queued'))
  report('id-2', 'ready')
  const result = await back
  t.match(result, { status: 'opened', session: { id: 'id-2' }, reentry: 'token-2' }, 'with the next token')
  t.equal(spawner.waiting, 1)
  await spawner.close()
  t.match(await other, { status: 'draining' })
  t.equal(clock.pending, 0)
})

t.test('after a while the seat is for whoever waits, and the token is worth nothing', async t => {
  const stage = spawnerStage({ max: 1, ports: 2, room: 1 })
  const { spawner, request, report, clock } = stage
  const token = await viewed(stage, 'id-1')
  const other = spawner.open(request({ caller: 'other' }))
  await drops(stage, 'id-1')
  await clock.advance(14_999)
  t.equal(spawner.waiting, 1)
  await clock.advance(1)
  report('id-2', 'ready')
  t.match(await other, { status: 'opened' })
  const late = spawner.open(request(showing(token)))
  await settle()
  t.equal(spawner.waiting, 1, 'it waits like everybody')
  await spawner.close()
  t.match(await late, { status: 'draining' })
})

t.test('a token is good once', async t => {
  const stage = spawnerStage({ max: 2, ports: 4 })
  const { spawner, request, report } = stage
  const token = await viewed(stage, 'id-1')
  await viewed(stage, 'id-2', { reentry: undefined })
  await drops(stage, 'id-1')
  const [first, second] = [spawner.open(request(showing(token))), spawner.open(request(showing(token)))]
  await settle()
  report('id-3', 'ready')
  t.match(await first, { status: 'opened' })
  t.match(await second, { status: 'full' })
})

t.test('whoever is back while its session still lives gets no second one: that one ends first', async t => {
  const stage = spawnerStage({ max: 1, ports: 2, perCaller: 1 })
  const { spawner, request, report, launcher, diary } = stage
  launcher.obeys = ['SIGKILL']
  const token = await viewed(stage, 'id-1')
  const back = spawner.open(request(showing(token)))
  await settle()
  t.ok(diary.includes('id-1 connected>draining client_closed'))
  t.notOk(diary.includes('id-2 ->queued'), 'not before it has ended')
  t.equal(spawner.held, 0)
  launcher.exit('id-1', { code: 0 })
  await settle()
  report('id-2', 'ready')
  t.match(await back, { status: 'opened', session: { id: 'id-2' } })
})

t.test('whoever hangs up while its session ends loses nothing: the seat is kept', async t => {
  const stage = spawnerStage({ max: 1, ports: 2 })
  const { spawner, request, launcher } = stage
  launcher.obeys = ['SIGKILL']
  const token = await viewed(stage, 'id-1')
  const caller = new AbortController()
  const back = spawner.open(request({ ...showing(token), signal: caller.signal }))
  await settle()
  caller.abort()
  launcher.exit('id-1', { code: 0 })
  t.match(await back, { status: 'cancelled' })
  t.equal(spawner.held, 1)
  launcher.obeys = ['SIGTERM']
  await spawner.close()
})

t.test('no seat is kept for a session that somebody ended, that was never ready, or whose caller wants none', async t => {
  const stage = spawnerStage({ max: 3, ports: 3 })
  const { spawner, request, launcher } = stage
  await viewed(stage, 'id-1')
  const stopped = spawner.stop('id-1', 'admin')
  launcher.exit('id-1', { code: 0 })
  await stopped
  t.equal(spawner.held, 0, 'stopped')
  const failed = spawner.open(request(wanting))
  await settle()
  launcher.exit('id-2', { code: 3 })
  t.match(await failed, { status: 'startFailed' })
  t.equal(spawner.held, 0, 'never ready')
  t.equal(await viewed(stage, 'id-3', { reentry: undefined }), '')
  await drops(stage, 'id-3')
  t.equal(spawner.held, 0, 'wants none')
  await spawner.close()
})

t.test('where no place is kept nobody is told a token', async t => {
  const stage = spawnerStage({ max: 1, ports: 1, hold: 0 })
  t.equal(await viewed(stage, 'id-1'), '')
  await drops(stage, 'id-1')
  t.equal(stage.spawner.held, 0)
})

t.test('whoever waits is told its token, and finds its place in the line again', async t => {
  const stage = spawnerStage({ max: 1, ports: 2, room: 2 })
  const { spawner, request, report, launcher } = stage
  await viewed(stage, 'id-1', { reentry: undefined })
  const caller = new AbortController()
  const tokens: Array<string | undefined> = []
  const told: Parameters<Stage['spawner']['open']>[0]['told'] = progress => { if (progress.phase === 'waiting') tokens.push(progress.reentry) }
  const first = spawner.open(request({ ...wanting, caller: 'a', signal: caller.signal, told }))
  const second = spawner.open(request({ caller: 'b' }))
  await settle()
  caller.abort()
  t.match(await first, { status: 'cancelled' })
  const again = spawner.open(request({ ...showing(tokens[0] ?? ''), caller: 'a' }))
  await settle()
  report('id-1', 'disconnect')
  launcher.exit('id-1', { code: 0 })
  await settle()
  report('id-2', 'ready')
  t.match(await again, { status: 'opened' }, 'before whoever came after it')
  await spawner.close()
  t.match(await second, { status: 'draining' })
})
