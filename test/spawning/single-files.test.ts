import t from 'tap'
import { longest, patience, SingleFiles, waitTime } from '../../src/spawning/single-files.ts'
import { FakeClock, settle } from '../fixtures/fake-clock.ts'
import { FakeLauncher } from '../fixtures/fake-launcher.ts'

const pack = '0123456789abcdef0123456789abcdef01234567'

function stage () {
  const clock = new FakeClock()
  const launcher = new FakeLauncher()
  let ids = 0
  const service = { draining: false }
  const files = new SingleFiles({ launcher, clock, draining: () => service.draining, newId: () => `job-${++ids}`, program: { executable: '/node', leading: ['export.mjs'], trailing: ['/models'], env: {} } })
  const end = (id: string, line: object, code = 0) => { launcher.exit(id, { code, outputTail: `noise\n${JSON.stringify(line)}\n` }) }
  return { clock, launcher, files, service, end }
}

t.test('all who ask for one model have it made once', async t => {
  const { clock, launcher, files, end } = stage()
  const asked = [files.ask('pump'), files.ask('pump')]
  await settle()
  t.match(launcher.orders, [{ id: 'job-1', executable: '/node', args: ['export.mjs', 'pump', '/models'], logFile: null }])
  t.equal(launcher.orders.length, 1)
  end('job-1', { made: pack, bytes: 7 })
  t.same(await Promise.all(asked), [{ status: 'made', pack, bytes: 7 }, { status: 'made', pack, bytes: 7 }])
  void files.ask('pump')
  await settle()
  t.equal(launcher.orders.length, 2, 'the next is told what is so then')
  files.close()
  t.equal(clock.pending, 0)
})

t.test('what takes longer says how far it is', async t => {
  const { clock, launcher, files, end } = stage()
  const first = files.ask('pump')
  await settle()
  launcher.emit('output', { id: 'job-1', stream: 'stdout', lines: ['{"percent":40,"step":"Preparing Gear"}', 'noise'], leftOut: 0 })
  await clock.advance(waitTime)
  t.same(await first, { status: 'making', percent: 40, step: 'Preparing Gear' })
  end('job-1', { refused: 'bad_model', message: 'The model file is empty.' }, 1)
  t.same(await files.ask('pump'), { status: 'refused', code: 'bad_model', message: 'The model file is empty.' }, 'kept for the next who asks')
  t.equal(launcher.orders.length, 1)
  t.equal(clock.pending, 0)
})

t.test('nobody asks any more: it is ended, by force if need be', async t => {
  const { clock, launcher, files } = stage()
  launcher.obeys = ['SIGKILL']
  const asked = files.ask('pump')
  await clock.advance(waitTime)
  await asked
  await clock.advance(patience)
  t.same(launcher.signals, ['SIGTERM'])
  await clock.advance(5_000)
  t.same(launcher.signals, ['SIGTERM', 'SIGKILL'])
  await clock.advance(patience)
  t.equal(clock.pending, 0)
  t.equal(files.starts('pump'), true)
})

t.test('a program that never ends is ended', async t => {
  const { clock, launcher, files } = stage()
  const told: string[] = []
  for (let waited = 0; waited <= longest && !told.includes('failed'); waited += waitTime) {
    const asking = files.ask('pump')
    await clock.advance(waitTime)
    told.push((await asking).status)
  }
  t.equal(told.at(-1), 'failed')
  t.equal(told.length, longest / waitTime)
  t.same(launcher.signals, ['SIGKILL'])
})

t.test('two are made at a time', async t => {
  const { files, end } = stage()
  const asked = files.ask('a')
  void files.ask('b')
  t.same(await files.ask('c'), { status: 'busy' })
  await settle()
  end('job-1', { made: pack, bytes: 1 })
  await asked
  const third = files.ask('c')
  await settle()
  end('job-3', { made: pack, bytes: 1 })
  t.match(await third, { status: 'made' })
  files.close()
})

t.test('a program that cannot be started, crashes, or says nonsense is a failure', async t => {
  const { launcher, files, end } = stage()
  launcher.answer = () => ({ status: 'failed', code: 'ENOENT', message: 'no such program' })
  t.same(await files.ask('a'), { status: 'failed', why: 'no such program' })
  launcher.answer = () => ({ status: 'started', pid: 1 })
  for (const line of [{ made: '../../etc', bytes: 1 }, { made: pack }, {}]) {
    const asked = files.ask('a')
    await settle()
    end([...launcher.alive].at(-1) ?? '', line)
    t.match(await asked, { status: 'failed', why: /code 0/ })
  }
})

t.test('closing ends everything and answers whoever waits', async t => {
  const { launcher, files, clock } = stage()
  const asked = files.ask('a')
  await settle()
  files.close()
  t.match(await asked, { status: 'failed' })
  t.same(launcher.signals, ['SIGKILL'])
  t.same(await files.ask('a'), { status: 'busy' })
  t.equal(clock.pending, 0)
})

t.test('once the service runs empty what was begun is made, and nothing else', async t => {
  const { clock, launcher, files, service, end } = stage()
  const begun = files.ask('pump')
  await settle()
  service.draining = true
  t.same(await files.ask('gear'), { status: 'draining' })
  t.equal(launcher.orders.length, 1)
  const joined = files.ask('pump')
  end('job-1', { made: pack, bytes: 7 })
  t.match(await Promise.all([begun, joined]), [{ status: 'made' }, { status: 'made' }])
  service.draining = false
  void files.ask('gear')
  await settle()
  t.equal(launcher.orders.length, 2, 'the drain was called off')
  files.close()
  t.equal(clock.pending, 0)
})
