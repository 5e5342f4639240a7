import { readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { UploadPlace, type UploadLimits } from '../../src/model-folders/upload-place.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { comesTrue } from '../fixtures/slipway.ts'

function stage (t: Test, limits: Partial<UploadLimits> = {}, files: Record<string, string> = {}) {
  const folder = t.testdir(files)
  const clock = new FakeClock()
  const known = new Set(['drive-unit'])
  const place = new UploadPlace({ folder, endings: ['.glb', '.stl'], limits: { fileBytes: 1_000, totalBytes: 3_000, files: 5, ...limits }, taken: async name => known.has(name), clock })
  return { folder, clock, place, left: async () => (await readdir(folder)).sort() }
}

const body = (...chunks: string[]) => Readable.from(chunks.map(chunk => Buffer.from(chunk)))

t.test('a file gets its name when it is whole', async t => {
  const { place, folder, left, clock } = stage(t)
  const slow = new PassThrough()
  const taking = place.take('Pump.GLB', undefined, slow)
  slow.write('glTF')
  await comesTrue('it is being written', async () => (await left()).length === 1)
  t.match(await left(), [/^\.upload-/], 'under a hidden name')
  slow.end('...')
  t.same(await taking, { status: 'stored', name: 'Pump', path: `${folder}/Pump.glb`, bytes: 7 })
  t.same(await left(), ['Pump.glb'])
  t.equal(await readFile(`${folder}/Pump.glb`, 'utf8'), 'glTF...')
  t.equal(clock.pending, 0)
})

t.test('what is not taken is refused in words, and nothing of it stays', async t => {
  const { place, left } = stage(t, {}, { 'old.stl': 'x' })
  const cases: Array<[string, number | undefined, string, string, RegExp]> = [
    ['a.exe', 3, 'abc', 'bad_ending', /“\.exe”.*\.glb, \.stl/],
    ['plain', 3, 'abc', 'bad_ending', /end in nothing/],
    ['..', 3, 'abc', 'bad_name', /rename/],
    ['drive-unit.glb', 3, 'abc', 'exists', /“drive-unit”/],
    ['old.stl', 3, 'abc', 'exists', /“old.stl”/],
    ['big.glb', 1_001, '', 'too_large', /1000 bytes/],
    ['liar.glb', undefined, 'x'.repeat(1_001), 'too_large', /1000 bytes/],
    ['none.glb', 0, '', 'empty', /empty/],
    ['nothing.glb', undefined, '', 'empty', /empty/]
  ]
  for (const [name, size, content, code, message] of cases) t.match(await place.take(name, size, body(content)), { status: 'refused', code, message }, name)
  t.same(await left(), ['old.stl'])
})

t.test('the folder takes so many bytes and files, counting those on their way', async t => {
  const { place, left } = stage(t, {}, { 'a.stl': 'x'.repeat(1_500) })
  const first = new PassThrough()
  const second = new PassThrough()
  const taking = [place.take('b.glb', 900, first), place.take('c.glb', 900, second)]
  t.match(await taking[1], { code: 'folder_full', message: /3000 bytes/ })
  first.end('done')
  t.match(await taking[0], { status: 'stored' })
  for (const name of ['d.glb', 'e.glb', 'f.glb']) await place.take(name, 1, body('x'))
  t.match(await place.take('g.glb', 1, body('x')), { code: 'folder_full', message: /5 files/ })
  t.same(await left(), ['a.stl', 'b.glb', 'd.glb', 'e.glb', 'f.glb'])
})

t.test('one name is sent by one at a time, and only so many at once', async t => {
  const { place } = stage(t, { totalBytes: 100_000, files: 100 })
  const bodies = Array.from({ length: 4 }, () => new PassThrough())
  const taking = bodies.map((each, i) => place.take(`${i}.glb`, 1, each))
  t.match(await place.take('0.stl', 1, body('x')), { code: 'busy' })
  bodies[0]?.end('x')
  await taking[0]
  t.match(await place.take('1.stl', 1, body('x')), { code: 'exists' })
  for (const each of bodies.slice(1)) each.end('x')
  await Promise.all(taking)
})

t.test('an upload that is broken off, or stands still, leaves nothing behind', async t => {
  const { place, left, clock } = stage(t)
  const gone = new PassThrough()
  const broken = place.take('gone.glb', 500, gone)
  gone.write('half')
  await comesTrue('it is being written', async () => (await left()).length === 1)
  gone.destroy()
  t.same(await broken, { status: 'aborted' })
  const still = new PassThrough()
  const stalled = place.take('still.glb', 500, still)
  still.write('half')
  await comesTrue('it is being written', async () => (await left()).length === 1)
  await clock.advance(30_000)
  still.write('more')
  await clock.advance(60_000)
  t.match(await stalled, { status: 'refused', code: 'too_slow' })
  t.same(await left(), [])
  t.equal(clock.pending, 0)
})

t.test('what a killed service left is taken away, what another one is writing is not', async t => {
  const { place, folder, left, clock } = stage(t, {}, { '.upload-old': 'x', '.upload-new': 'x' })
  const at = (milliseconds: number) => new Date(clock.now() + milliseconds)
  await utimes(`${folder}/.upload-old`, at(-3_600_001), at(-3_600_001))
  await utimes(`${folder}/.upload-new`, at(-1_000), at(-1_000))
  await place.take('a.glb', 1, body('x'))
  t.same(await left(), ['.upload-new', 'a.glb'])
})

t.test('a link in the folder is not written through', async t => {
  const { place, folder } = stage(t)
  await writeFile(`${folder}/victim`, 'mine')
  await symlink(`${folder}/victim`, `${folder}/a.glb`)
  t.match(await place.take('a.glb', 1, body('x')), { code: 'exists' })
  t.equal(await readFile(`${folder}/victim`, 'utf8'), 'mine')
})

t.test('a folder that is gone is a fault, and closing waits for what is under way', async t => {
  const { place } = stage(t)
  const lost = new UploadPlace({ folder: '/nowhere/at/all', endings: ['.glb'], limits: { fileBytes: 9, totalBytes: 9, files: 9 }, taken: async () => false, clock: new FakeClock() })
  await t.rejects(lost.take('a.glb', 1, body('x')), { code: 'ENOENT' })
  const slow = new PassThrough()
  const taking = place.take('a.glb', 1, slow)
  const closed = place.close()
  slow.end('x')
  await closed
  t.match(await taking, { status: 'stored' })
})
