import { rm, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import t, { type Test } from 'tap'
import { modelEndings } from '../../src/model-folders/model-files.ts'
import { ModelList, mostNames, settleTime } from '../../src/model-folders/model-list.ts'
import { FakeClock, settle } from '../fixtures/fake-clock.ts'
import { comesTrue } from '../fixtures/slipway.ts'

/** A list whose folders change when the test says so. */
function stage (t: Test, folders: string[]) {
  const clock = new FakeClock()
  const watched = new Map<string, (entry: string | null) => void>()
  const warnings: object[] = []
  const list = new ModelList({
    folders,
    endings: modelEndings.embedded,
    clock,
    warn: facts => { warnings.push(facts) },
    watch: (folder, changed) => {
      watched.set(folder, changed)
      return { close: () => { watched.delete(folder) } }
    }
  })
  t.teardown(() => { list.close() })
  let changes = 0
  list.on('changed', () => { changes++ })
  return { clock, list, warnings, watched, changes: () => changes, touch: (path: string) => { watched.get(dirname(path))?.(basename(path)) } }
}

t.test('a new file is in the list once nobody has written to it for a second', async t => {
  const folder = t.testdir({ 'pump.glb': '' })
  const { clock, list, touch, changes } = stage(t, [folder])
  t.same(await list.names(), ['pump'])
  await writeFile(`${folder}/valve.glb`, 'half')
  touch(`${folder}/valve.glb`)
  t.same(await list.names(), ['pump'], 'not while it is written')
  for (let i = 0; i < 5; i++) {
    await clock.advance(settleTime * 0.9)
    touch(`${folder}/valve.glb`)
  }
  t.same(await list.names(), ['pump'])
  await clock.advance(2 * settleTime)
  await comesTrue('it is told', () => changes() === 2)
  t.same(await list.names(), ['pump', 'valve'])
  t.equal(clock.pending, 0, 'no timer at rest')
})

t.test('a removed file leaves the list, one that is written anew stays in it', async t => {
  const folder = t.testdir({ 'pump.glb': '', 'valve.glb': '' })
  const { clock, list, touch, changes } = stage(t, [folder])
  await list.names()
  touch(`${folder}/pump.glb`)
  t.same(await list.names(), ['pump', 'valve'])
  await rm(`${folder}/valve.glb`)
  touch(`${folder}/valve.glb`)
  await clock.advance(2 * settleTime)
  await comesTrue('it is told', () => changes() === 2)
  t.same(await list.names(), ['pump'])
})

t.test('what is no model is not looked at, and no news is not told', async t => {
  const folder = t.testdir({ 'pump.glb': '' })
  const { clock, list, touch, changes } = stage(t, [folder])
  await list.names()
  touch(`${folder}/notes.txt`)
  touch(`${folder}/.hidden.glb`)
  t.equal(clock.pending, 0)
  touch(`${folder}/pump.glb`)
  await clock.advance(5 * settleTime)
  await settle()
  t.equal(changes(), 1, 'the first look only')
})

t.test('a folder that vanishes takes its models along, and is warned of once', async t => {
  const dir = t.testdir({ models: { 'pump.glb': '' }, others: { 'valve.stl': '' } })
  const { clock, list, watched, warnings, changes } = stage(t, [`${dir}/models`, `${dir}/others`])
  t.same(await list.names(), ['pump', 'valve'])
  await rm(`${dir}/models`, { recursive: true })
  watched.get(`${dir}/models`)?.(null)
  await clock.advance(2 * settleTime)
  await comesTrue('it is told', () => changes() === 2)
  t.same(await list.names(), ['valve'])
  t.match(warnings, [{ directory: `${dir}/models`, code: 'ENOENT' }])
})

t.test('a huge folder is listed in part, and said so', async t => {
  const folder = t.testdir({})
  const files = Array.from({ length: mostNames + 1 }, (_, i) => `${folder}/${i}.stl`)
  for (let i = 0; i < files.length; i += 500) await Promise.all(files.slice(i, i + 500).map(file => writeFile(file, '')))
  const { list, warnings } = stage(t, [folder])
  t.equal((await list.names()).length, mostNames)
  t.match(warnings, [{ directory: folder, code: 'ETOOMANY' }])
})

t.test('once it is closed nothing is watched and no timer is left', async t => {
  const folder = t.testdir({ 'pump.glb': '' })
  const { list, watched, clock, touch } = stage(t, [folder])
  touch(`${folder}/pump.glb`)
  list.close()
  t.equal(watched.size, 0)
  t.equal(clock.pending, 0)
})
