import t from 'tap'
import { settle } from '../fixtures/fake-clock.ts'
import { spawnerStage } from '../fixtures/spawner-stage.ts'

t.test('sessions that render on the server are spread over the GPUs, others take none', async t => {
  const { spawner, request, launcher } = spawnerStage({ max: 4, gpus: 2 })
  for (const renderer of ['ssr', 'csr', 'ssr', 'ssr'] as const) void spawner.open(request({ renderer }))
  await settle()
  t.same(spawner.gpuSessions(), [2, 1])
  launcher.exit('id-1', { code: 0 })
  t.same(spawner.gpuSessions(), [1, 1])
})

t.test('a start that fails gives its GPU back', async t => {
  const { spawner, request, launcher } = spawnerStage({ gpus: 1 })
  launcher.answer = () => ({ status: 'failed', code: 'ENOENT', message: 'not there' })
  t.match(await spawner.open(request({ renderer: 'ssr' })), { status: 'startFailed' })
  t.same(spawner.gpuSessions(), [0])
})

t.test('a start that is tried on another port keeps its GPU', async t => {
  const { spawner, request, launcher } = spawnerStage({ max: 3, gpus: 2 })
  void spawner.open(request({ renderer: 'ssr' }))
  await settle()
  launcher.exit('id-1', { code: 10 })
  await settle()
  t.equal(launcher.orders.length, 2)
  t.same(spawner.gpuSessions(), [1, 0])
})

t.test('a process that outlives SIGKILL keeps its GPU until it is gone', async t => {
  const { spawner, request, launcher, clock } = spawnerStage({ gpus: 1 })
  launcher.obeys = []
  void spawner.open(request({ renderer: 'ssr' }))
  await clock.advance(60_000)
  t.match(spawner.session('id-1'), { state: 'lost' })
  t.same(spawner.gpuSessions(), [1])
  launcher.exit('id-1', { signal: 'SIGKILL', code: null })
  t.same(spawner.gpuSessions(), [0])
})
