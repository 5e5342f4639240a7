import { EventEmitter, once } from 'node:events'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { FolderWatch } from '../../src/model-folders/folder-watch.ts'

/** A watched folder; `hears(what)` resolves when such a change was told after the call. */
function watched (t: Test, folder: string) {
  const told = new EventEmitter<{ change: [string | null] }>()
  const watch = new FolderWatch(folder, entry => { told.emit('change', entry) })
  t.teardown(() => { watch.close() })
  const hears = async (wanted: string | null) => { while (true) if ((await once(told, 'change'))[0] === wanted) return }
  return { watch, told, hears }
}

t.test('files that come and go in a folder are told by name', async t => {
  const folder = t.testdir({ models: {} })
  const { watch, hears } = watched(t, `${folder}/models`)
  t.equal(watch.watching, true)
  for (const change of [() => writeFile(`${folder}/models/a.glb`, ''), () => rename(`${folder}/models/a.glb`, `${folder}/models/b.glb`), () => rm(`${folder}/models/b.glb`)]) {
    const heard = hears(change.toString().includes('writeFile') ? 'a.glb' : 'b.glb')
    await change()
    await heard
  }
})

t.test('a folder that vanishes and comes again is watched again', async t => {
  const folder = t.testdir({ above: { models: { 'a.glb': '' } } })
  const { watch, hears } = watched(t, `${folder}/above/models`)
  let heard = hears(null)
  await rm(`${folder}/above`, { recursive: true })
  await heard
  heard = hears(null)
  await mkdir(`${folder}/above`)
  await heard
  t.equal(watch.watching, false, 'the one above alone is not it')
  heard = hears(null)
  await mkdir(`${folder}/above/models`)
  await heard
  t.equal(watch.watching, true)
  const file = hears('new.glb')
  await writeFile(`${folder}/above/models/new.glb`, '')
  await file
})

t.test('a folder that is replaced by another of its name is the other from then on', async t => {
  const folder = t.testdir({ models: {}, next: {} })
  const { hears } = watched(t, `${folder}/models`)
  const heard = hears(null)
  await rename(`${folder}/models`, `${folder}/old`)
  await rename(`${folder}/next`, `${folder}/models`)
  await heard
  const file = hears('new.glb')
  await writeFile(`${folder}/models/new.glb`, '')
  await file
})

t.test('a folder that cannot be watched is no error, and closing twice is nothing', async t => {
  const watch = new FolderWatch('/nowhere/at/all', () => {}, () => { throw new Error('no watches left') })
  t.equal(watch.watching, false)
  watch.close()
  watch.close()
})
