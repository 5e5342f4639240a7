import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { hashOf } from '../../src/stream-server/models/fingerprint.ts'
import { self } from '../../src/stream-server/models/owner.ts'
import { modelsFolder, programs } from './support/bundle.ts'
import { writeBalls, writeDocument, ballsDocument } from './support/model.ts'
import { opened, store, wanted } from './support/store.ts'

const { prepare } = await programs()

/** A preparation that leaves a line in `log` each time it is started. */
async function counted (folder: string, body = `await import(${JSON.stringify(prepare)})`) {
  const log = join(folder, 'started.log')
  const program = join(folder, 'counted.mjs')
  await writeFile(log, '')
  await writeFile(program, `import { appendFileSync } from 'node:fs'\nappendFileSync(${JSON.stringify(log)}, 'x')\n${body}`)
  return { program, starts: async () => (await readFile(log)).length }
}

t.test('several sessions that open a new model at once prepare it once, and all hear how far it is', async t => {
  const { make, file, folder } = await store(t)
  await writeBalls(file('a.glb'), { segments: 200 })
  const { program, starts } = await counted(folder)
  const heard = [0, 0, 0, 0]
  const packs = await Promise.all(heard.map(async (_, i) => await opened(t, make(systemClock, program).open(file('a.glb'), () => { heard[i] = 1 }, wanted))))
  for (const pack of packs) t.ok((await pack.read(0, 0)).length > 0)
  t.equal(await starts(), 1)
  t.same(heard, [1, 1, 1, 1])
  t.same((await readdir(join(folder, 'packs'))).filter(name => name.startsWith('.')), [], 'no lock and no draft is left')
})

t.test('whoever waits for a preparation that fails hears why', async t => {
  const { make, file, folder } = await store(t)
  await writeFile(file('a.glb'), 'nonsense')
  const { program, starts } = await counted(folder)
  const results = await Promise.all([1, 2, 3].map(async () => await make(systemClock, program).open(file('a.glb'), () => {}, wanted)))
  for (const result of results) t.same(result, { status: 'unreadable', message: 'The model file is not a GLB file.' })
  t.equal(await starts(), 1)
})

t.test('when the first one leaves, the next one goes on', async t => {
  const { make, file, folder } = await store(t)
  await writeBalls(file('a.glb'))
  const slow = await counted(folder, 'console.log(JSON.stringify({ percent: 1, step: "x" })); setInterval(() => {}, 1000)')
  const first = new AbortController()
  let second: ReturnType<ReturnType<typeof make>['open']> | undefined
  const left = make(systemClock, slow.program).open(file('a.glb'), () => {
    second ??= make().open(file('a.glb'), (_, step) => { if (step === 'x') first.abort() }, wanted)
  }, first.signal)
  t.same(await left, { status: 'aborted' })
  await opened(t, second ?? Promise.reject(new Error('nobody came second')))
})

t.test('the lock of a process that is no more holds nobody up', async t => {
  const { open, file, folder } = await store(t)
  await writeBalls(file('a.glb'))
  const lock = join(folder, 'packs', `.${hashOf(await readFile(file('a.glb')))}.lock`)
  await mkdir(join(folder, 'packs'))
  await writeFile(lock, JSON.stringify({ owner: self.replace(/-\d+$/, '-1'), run: 'r', percent: 50, step: 'Preparing' }))
  await opened(t, open(file('a.glb')))
  await writeBalls(file('b.glb'), { copies: 2 })
  const broken = join(folder, 'packs', `.${hashOf(await readFile(file('b.glb')))}.lock`)
  await writeFile(broken, '')
  await utimes(broken, 1, 1)
  await opened(t, open(file('b.glb')))
  t.same((await readdir(join(folder, 'packs'))).filter(name => name.startsWith('.')), [])
})

t.test('a closed store leaves nothing behind of what was being prepared', async t => {
  const { make, file, folder } = await store(t)
  await writeBalls(file('a.glb'))
  const { program } = await counted(folder, `
    import { mkdirSync } from 'node:fs'
    mkdirSync(process.argv[3]); console.log(JSON.stringify({ percent: 1, step: 'x' })); setInterval(() => {}, 1000)`)
  const packs = make(systemClock, program)
  const opening = packs.open(file('a.glb'), () => { void packs.close() }, wanted)
  t.same(await opening, { status: 'aborted' })
  await packs.close()
  t.same(await readdir(join(folder, 'packs')), [])
})

t.test('a preparation ends with the session that wanted it, even one that was killed', async t => {
  const { folder } = await store(t)
  const child = spawn(process.execPath, [prepare, join(modelsFolder, 'drive-unit.glb'), join(folder, 'out'), '2048'], { stdio: 'pipe', env: {} })
  t.teardown(() => { child.kill('SIGKILL') })
  child.stdout.once('data', () => { child.stdin.end() }).resume()
  t.same(await once(child, 'exit'), [null, 'SIGKILL'])
})

t.test('packs opened longest ago go first, and none that is in use', async t => {
  const { make, file, folder, open } = await store(t)
  const names: string[] = []
  for (const copies of [1, 2, 3]) {
    await writeBalls(file(`${copies}.glb`), { copies })
    const before: string[] = await readdir(join(folder, 'packs')).catch(() => [])
    const pack = await opened(t, open(file(`${copies}.glb`)))
    names.push((await readdir(join(folder, 'packs'))).find(name => !before.includes(name)) ?? '')
    if (copies > 1) await pack.close()
    await utimes(join(folder, 'packs', names.at(-1) ?? ''), copies, copies)
  }
  const size = await Promise.all(names.map(async name => (await stat(join(folder, 'packs', name, 'chunks.bin'))).size + (await stat(join(folder, 'packs', name, 'manifest.json'))).size))
  await writeBalls(file('4.glb'), { copies: 4 })
  await opened(t, make(systemClock, prepare, { mostBytes: 3.5 * (size[0] ?? 0) }).open(file('4.glb'), () => {}, wanted))
  const left = await readdir(join(folder, 'packs'))
  t.same(names.map(name => left.includes(name)), [true, false, true], 'the first is in use, the second was opened longest ago')
  t.equal(left.length, 3)
})

t.test('a glTF is known by the files beside it too', async t => {
  const { open, file, folder, steps } = await store(t)
  await writeDocument(file('a.gltf'), ballsDocument({ segments: 8 }))
  const wide = (await opened(t, open(file('a.gltf')))).scene
  steps.length = 0
  await opened(t, open(file('a.gltf')))
  t.same(steps, [], 'it is not prepared twice')
  const buffer = (await readdir(join(folder, 'models'))).find(name => name.endsWith('.bin')) ?? ''
  const bytes = await readFile(file(buffer))
  const numbers = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length - bytes.length % 4))
  await writeFile(file(buffer), Buffer.from(numbers.map((value, i) => i < 9 ? value * 2 : value).buffer))
  const other = (await opened(t, open(file('a.gltf')))).scene
  t.not(JSON.stringify(other.parts), JSON.stringify(wide.parts), 'a changed buffer is another model')
  t.equal((await readdir(join(folder, 'packs'))).length, 2)
})
