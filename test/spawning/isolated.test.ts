import t from 'tap'
import { settle } from '../fixtures/fake-clock.ts'
import { spawnerStage } from '../fixtures/spawner-stage.ts'

const barred = (model: string) => model === 'bad' ? { retryAfter: 7, tried: false } : undefined

t.test('a request for a model that nobody gets starts nothing, whichever way it is named', async t => {
  const { spawner, request, launcher, diary } = spawnerStage({ barred })
  const answered: unknown[] = []
  spawner.on('answered', answer => { answered.push(answer) })
  for (const asked of [{ model: 'bad' }, { viewerModel: 'bad' }]) t.same(await spawner.open(request(asked)), { status: 'isolated', retryAfter: 7, tried: false })
  t.same(answered, [{ outcome: 'isolated', reason: null }, { outcome: 'isolated', reason: null }])
  t.same(launcher.orders, [])
  t.same(diary, [])
  for (const asked of [{ model: 'good' }, { model: 'good', viewerModel: 'bad' }]) {
    void spawner.open(request(asked))
    await settle()
  }
  t.equal(launcher.orders.length, 2, 'what the process is told counts, not what its viewer says')
})

t.test('a session that was ready ahead is handed out to whoever says the model beforehand', async t => {
  const { spawner, request, clock, report, launcher } = spawnerStage({ max: 3, ahead: { csr: 1, ssr: 0 } })
  spawner.startAhead()
  await clock.advance(1_000)
  report('id-1', 'ready')
  await settle()
  t.match(await spawner.open(request({ viewerModel: 'good' })), { status: 'opened', session: { id: 'id-1', model: null } })
  t.equal(launcher.orders.length, 1)
})

t.test('a viewer that names such a model late loses its session, and the process is ended', async t => {
  const { spawner, ready, report, launcher, diary } = spawnerStage({ barred })
  await ready()
  report('id-1', 'ping', { viewers: 1, model: 'bad' })
  await settle()
  t.same(launcher.signals, ['SIGTERM'])
  t.same(diary.slice(-2), ['id-1 ready>draining model_isolated', 'id-1 draining>failed model_isolated'])
  t.match(spawner.session('id-1'), { model: 'bad', reason: 'model_isolated' })
})

t.test('what the launcher is told to start is told to whoever listens', async t => {
  const { spawner, request } = spawnerStage()
  const orders: string[] = []
  spawner.on('ordered', ({ id, args }) => { orders.push(`${id} ${args.join(' ')}`) })
  void spawner.open(request())
  await settle()
  t.same(orders, ['id-1 --sc-port 20000'])
})
