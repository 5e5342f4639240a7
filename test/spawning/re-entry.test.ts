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

t.test('whoever comes back and is served at once gives up its place in the line', async t => {
  const stage = spawnerStage({ max: 1, ports: 3, room: 1, perCaller: 2 })
  const { spawner, request, report } = stage
  await viewed(stage, 'id-1', { reentry: undefined, caller: 'other' })
  const caller = new AbortController()
  let token = ''
  const first = spawner.open(request({ ...wanting, caller: 'a', signal: caller.signal, told: progress => { if (progress.phase === 'waiting') token = progress.reentry ?? '' } }))
  caller.abort()
  t.match(await first, { status: 'cancelled' })
  await drops(stage, 'id-1')
  const again = spawner.open(request({ ...showing(token), caller: 'a' }))
  await settle()
  report('id-2', 'ready')
  t.match(await again, { status: 'opened' })
  const more = new AbortController()
  const another = spawner.open(request({ caller: 'a', signal: more.signal }))
  t.equal(spawner.waiting, 1, 'it does not count for the caller any more')
  more.abort()
  t.match(await another, { status: 'cancelled' })
  const next = spawner.open(request({ caller: 'b' }))
  t.equal(spawner.waiting, 1, 'and others have it')
  await spawner.close()
  t.match(await next, { status: 'draining' })
})

t.test('one caller does not keep every seat by dropping again and again', async t => {
  const stage = spawnerStage({ max: 8, ports: 16, perCaller: 1 })
  const { spawner, request } = stage
  const token = await viewed(stage, 'id-1')
  await drops(stage, 'id-1')
  t.equal(spawner.held, 1)
  t.match(await spawner.open(request(wanting)), { status: 'quota' }, 'what is kept for a caller counts as its own')
  const back = spawner.open(request(showing(token)))
  await settle()
  stage.report('id-2', 'ready')
  t.match(await back, { status: 'opened' }, 'which it may come back to')
  await spawner.close()
})

t.test('where callers have no quota, a quarter of the seats is kept for one of them at most', async t => {
  const stage = spawnerStage({ max: 8, ports: 16 })
  for (const id of ['id-1', 'id-2', 'id-3']) {
    await viewed(stage, id)
    await drops(stage, id)
  }
  t.equal(stage.spawner.held, 2)
  await stage.spawner.close()
})

t.test('a caller who hung up at the answer was told no token: nothing is kept', async t => {
  const stage = spawnerStage({ max: 1, ports: 2 })
  await viewed(stage, 'id-1')
  await stage.spawner.stop('id-1', 'client_closed', 'caller')
  t.equal(stage.spawner.held, 0)
})

t.test('a kept seat has a port: whoever asks meanwhile does not get the last one', async t => {
  const stage = spawnerStage({ max: 2, ports: 2, taken: new Set([20_001]) })
  const { spawner, request, report, clock } = stage
  const token = await viewed(stage, 'id-1')
  t.match(await spawner.open(request({ caller: 'other' })), { status: 'noPort' }, 'the other port is somebody else’s')
  await drops(stage, 'id-1')
  t.match(await spawner.open(request({ caller: 'other' })), { status: 'full' })
  const back = spawner.open(request(showing(token)))
  await clock.advance(2_000)
  report('id-3', 'ready')
  t.match(await back, { status: 'opened', session: { id: 'id-3' } })
})

t.test('whoever waits while the last port is kept is called when one that others held may be tried again', async t => {
  const stage = spawnerStage({ max: 2, ports: 2, room: 1, hold: 60_000, taken: new Set([20_001]) })
  const { spawner, request, report, clock, taken } = stage
  await viewed(stage, 'id-1')
  t.match(await spawner.open(request({ caller: 'other' })), { status: 'noPort' })
  await drops(stage, 'id-1')
  const waits = spawner.open(request({ caller: 'other' }))
  taken.clear()
  await clock.advance(29_999)
  t.equal(spawner.waiting, 1)
  await clock.advance(1)
  report('id-3', 'ready')
  t.match(await waits, { status: 'opened' })
  await spawner.close()
})

t.test('a seat is kept before its port is free for those who wait', async t => {
  const stage = spawnerStage({ max: 2, ports: 2, room: 1 })
  const { spawner, request, launcher, clock, report } = stage
  launcher.obeys = []
  await viewed(stage, 'id-1', { reentry: undefined })
  const lost = spawner.stop('id-1', 'admin')
  await clock.advance(15_000)
  t.match(await lost, { state: 'lost' }, 'it has its port still')
  const token = await viewed(stage, 'id-2')
  const other = spawner.open(request({ caller: 'other' }))
  await drops(stage, 'id-2')
  t.equal(spawner.waiting, 1)
  const back = spawner.open(request(showing(token)))
  await clock.advance(2_000)
  report('id-3', 'ready')
  t.match(await back, { status: 'opened', session: { port: 20_001 } })
  launcher.obeys = ['SIGTERM']
  launcher.exit('id-1', {})
  await spawner.close()
  await other
})

t.test('whoever is back before its hanging up was noticed is not refused for its own place', async t => {
  const stage = spawnerStage({ max: 1, ports: 2, room: 2, perCaller: 1 })
  const { spawner, request } = stage
  await viewed(stage, 'id-1', { reentry: undefined, caller: 'other' })
  let token = ''
  const first = spawner.open(request({ ...wanting, caller: 'a', told: progress => { if (progress.phase === 'waiting') token = progress.reentry ?? '' } }))
  const again = spawner.open(request({ ...showing(token), caller: 'a' }))
  t.match(await first, { status: 'cancelled' })
  t.equal(spawner.waiting, 1)
  await spawner.close()
  t.match(await again, { status: 'draining' })
})

t.test('whoever loads its page again while its turn is being served comes first again', async t => {
  const stage = spawnerStage({ max: 1, ports: 3, room: 3 })
  const { spawner, request, report, launcher, clock } = stage
  await viewed(stage, 'id-1', { reentry: undefined })
  const caller = new AbortController()
  let token = ''
  const first = spawner.open(request({ ...wanting, caller: 'a', signal: caller.signal, told: progress => { if (progress.phase === 'waiting') token = progress.reentry ?? '' } }))
  const second = spawner.open(request({ caller: 'b' }))
  const third = spawner.open(request({ caller: 'c' }))
  report('id-1', 'disconnect')
  launcher.exit('id-1', { code: 0 })
  await settle()
  caller.abort()
  t.match(await first, { status: 'cancelled' })
  await settle()
  const again = spawner.open(request({ ...showing(token), caller: 'a' }))
  await settle()
  report('id-3', 'ready')
  t.match(await second, { status: 'opened' }, 'who was called meanwhile stays')
  report('id-3', 'disconnect')
  launcher.exit('id-3', { code: 0 })
  await clock.advance(2_000)
  report('id-4', 'ready')
  t.match(await again, { status: 'opened' }, 'before whoever came after it')
  await spawner.close()
  t.match(await third, { status: 'draining' })
})

t.test('how long one has to wait knows the seats that are kept', async t => {
  const stage = spawnerStage({ max: 2, ports: 4, room: 2 })
  const { spawner, clock } = stage
  await viewed(stage, 'id-1', { caller: 'a' })
  await viewed(stage, 'id-2', { caller: 'b' })
  await drops(stage, 'id-1')
  await clock.advance(1_000)
  await drops(stage, 'id-2')
  t.same([1, 2, 3].map(place => spawner.expectedWait(place)), [14_000, 15_000, null])
  await spawner.close()
})
