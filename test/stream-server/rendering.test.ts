import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { PickedMessage } from '../../src/stream-server/protocol.ts'
import { board, checks } from './support/board.ts'
import { running } from './support/running.ts'
import { writeMeshes } from './support/torus.ts'
import { camera } from './support/viewer.ts'
import { Watcher } from './support/watcher.ts'

const sized = (seq: number, more: object = {}) => ({ ...camera(seq, [1, 0.5, 4], [1, 0, 0]), width: 320, height: 180, background: 0xffffff, focal: 180 / 2 / Math.tan(Math.PI / 8), ...more })

async function watch (t: Parameters<typeof running>[0], model = 'balls', prepare: (models: string) => Promise<void> = async () => {}) {
  const { url, server, models, workspace } = await running(t, ['--ssr', 'true'])
  await prepare(models)
  const viewer = new Watcher(url)
  await new Promise(resolve => viewer.socket.once('open', resolve))
  viewer.say({ type: 'open', model })
  return { viewer, server, workspace }
}

t.test('a viewer is sent pictures: at once, then better ones, at last one without loss', async t => {
  const { viewer } = await watch(t)
  viewer.say(sized(1))
  const { frame, colors } = await viewer.complete(1)
  t.match(frame, { width: 320, whole: 180, format: 'png' })
  t.match(viewer.pictures[0]?.frame, { number: 1, format: 'jpeg', complete: false })
  for (const { frame, file } of viewer.pictures) {
    t.equal(file.length, frame.bytes)
    if (frame.format === 'jpeg') t.equal(file.readUInt16BE(0), 0xffd8)
  }
  t.same([...colors.subarray(0, 3)], [255, 255, 255], 'nothing is in the corner')
  const middle = (90 * 320 + 160) * 4
  const [red = 0, green = 0, blue = 0] = colors.subarray(middle, middle + 3)
  t.ok(red > 120 && red > 2 * green && red > 2 * blue, `the ball in the middle is red: ${red} ${green} ${blue}`)
  viewer.close()
})

/** Pixels that are clearly red, and clearly green. */
function redAndGreen (colors: Buffer): [number, number] {
  let [reds, greens] = [0, 0]
  for (let at = 0; at < colors.length; at += 4) {
    const [r = 0, g = 0, b = 0] = colors.subarray(at, at + 3)
    if (r > 2 * g && r > 2 * b) reds++
    if (g > 2 * r && g > 2 * b) greens++
  }
  return [reds, greens]
}

t.test('textures lie on their parts in the picture that is complete', async t => {
  const { viewer } = await watch(t, 'boards', async models => {
    await writeMeshes(join(models, 'boards.glb'), [3, 4, 5].map((squares, i) => ({ name: 'Board', mesh: board(1, 1), color: [1, 1, 1], at: [2.2 * i - 2.2, 0, 0], image: checks(64, squares) })))
  })
  viewer.say(sized(1, camera(1, [0, 4, 5], [0, 0, 0])))
  const { colors } = await viewer.complete(1)
  const [reds, greens] = redAndGreen(colors)
  t.ok(reds > 1500 && greens > 1500 && Math.abs(reds - greens) < 0.3 * reds, `${reds} red, ${greens} green`)
  // Nearer, where they are needed finer, from another side.
  viewer.say(sized(2, camera(2, [0, 1.2, -1], [0, 0, 0])))
  const near = redAndGreen((await viewer.complete(2)).colors)
  t.ok(near[0] > 5000 && near[1] > 5000, `${near}`)
  viewer.close()
})

t.test('a texture that cannot be unpacked any more costs the texture and nothing else', async t => {
  const { viewer, workspace } = await watch(t, 'board', async models => {
    await writeMeshes(join(models, 'board.glb'), [{ name: 'Board', mesh: board(1, 1), color: [1, 1, 1], at: [0, 0, 0], image: checks(64, 4) }])
  })
  const { textures: [image] = [] } = await viewer.scene()
  const [pack = ''] = await readdir(join(workspace, 'packs'))
  const file = join(workspace, 'packs', pack, 'chunks.bin')
  const chunks = await readFile(file)
  await writeFile(file, chunks.fill(0, chunks.length - image!.bytes + 40))
  viewer.say(sized(1, camera(1, [0, 3, 3], [0, 0, 0])))
  const [reds, greens] = redAndGreen((await viewer.complete(1)).colors)
  t.same([reds, greens], [0, 0], 'the mean of both')
  viewer.close()
})

t.test('a viewer asks what it points at, and has it stand out', async t => {
  const { viewer } = await watch(t)
  viewer.say(sized(1))
  const before = await viewer.complete(1)
  const ask = async (id: number, x: number, y: number) => {
    viewer.say({ type: 'pick', id, x, y })
    return (await viewer.until(() => viewer.messages.find((message): message is PickedMessage => message.type === 'picked' && message.id === id)))
  }
  const middle = await ask(1, 0.5, 0.5)
  t.equal(middle.instance, 1)
  const [x = NaN, y = NaN, z = NaN] = middle.point ?? []
  t.ok(Math.abs(Math.hypot(x - 1, y, z) - 0.25) < 0.003, `${x} ${y} ${z} lies on the ball`)
  t.same(await ask(2, 0, 0), { type: 'picked', id: 2, instance: -1 })
  const pictures = viewer.pictures.length
  viewer.say({ type: 'mark', what: 'selected', runs: [1, 1], on: true })
  const after = await viewer.until(() => viewer.pictures.slice(pictures).find(({ frame }) => frame.complete))
  t.notSame(after.colors, before.colors)
  viewer.close()
})

t.test('what is hidden, cut, taken apart or outlined is so in the picture, and all of it can be taken back', async t => {
  const { viewer } = await watch(t)
  viewer.say(sized(1))
  const { colors: plain } = await viewer.complete(1)
  /** Pixels that something is in, and those that are nearly black. */
  const next = async (...messages: object[]) => {
    const pictures = viewer.pictures.length
    for (const message of messages) viewer.say(message)
    // Pictures that were under way show what was before.
    const last = await viewer.until(() => viewer.pictures.slice(pictures).find(({ frame, colors }) => frame.complete && !colors.equals(plain)))
    const data = last.colors
    let filled = 0
    let dark = 0
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 1]! < 250) filled++
      if (data[at + 1]! < 250 && data[at]! < 100) dark++
    }
    return { filled, dark }
  }
  const style = { type: 'style', ghosts: false, edges: false, explosion: 0, section: null }
  const hidden = (on: boolean) => ({ type: 'mark', what: 'hidden', runs: [1, 1], on })
  const two = await next(hidden(true))
  const cut = await next(hidden(false), { ...style, section: [-1, 0, 0, 1] })
  t.ok(cut.filled < two.filled && cut.filled > two.filled / 2, `half of three balls is less than two: ${cut.filled} of ${two.filled}`)
  const apart = await next({ ...style, explosion: 3 })
  t.ok(apart.filled < two.filled, 'the outer balls have left the picture')
  const outlined = await next({ ...style, edges: true })
  t.ok(outlined.dark > 100, `${outlined.dark} dark pixels around the balls`)
  const ghosts = await next({ ...style, ghosts: true }, { type: 'mark', what: 'selected', runs: [1, 1], on: true })
  t.ok(ghosts.filled < cut.filled * 2)
  const pictures = viewer.pictures.length
  viewer.say(style)
  viewer.say({ type: 'mark', what: 'selected', runs: [0, 2 ** 31], on: false })
  await viewer.until(() => viewer.pictures.slice(pictures).find(({ frame, colors }) => frame.complete && colors.equals(plain)))
  viewer.close()
})

t.test('the newest camera wins: what came before it is not painted to the end', async t => {
  const { viewer } = await watch(t)
  for (let seq = 1; seq <= 200; seq++) viewer.say(sized(seq, { position: [1, 0.5, 4 + seq / 100] }))
  await viewer.complete(200)
  t.ok(viewer.pictures.length < 60, `${viewer.pictures.length} pictures`)
  const order = viewer.pictures.map(({ frame }) => frame.seq)
  t.same(order, [...order].sort((a, b) => a - b))
  viewer.close()
})

t.test('what is taken apart by hand is seen while the hand moves', async t => {
  const { viewer } = await watch(t)
  viewer.say(sized(1, { width: 1920, height: 1080 }))
  await viewer.complete(1)
  const pictures = viewer.pictures.length
  let moves = 0
  await new Promise<void>(resolve => {
    const timer = setInterval(() => {
      viewer.say({ type: 'style', ghosts: false, edges: false, explosion: ++moves / 100, section: null })
      if (moves < 250) return
      clearInterval(timer)
      resolve()
    }, 4)
  })
  const seen = viewer.pictures.slice(pictures)
  t.ok(seen.length > 60, `${seen.length} pictures of ${moves} moves`)
  await viewer.until(() => viewer.pictures.slice(pictures + seen.length).find(({ frame }) => frame.complete))
  viewer.close()
})

t.test('a viewer that does not say what it shows is sent two pictures and no more', async t => {
  const { viewer } = await watch(t)
  viewer.acknowledges = false
  viewer.say(sized(1))
  await viewer.until(() => viewer.pictures.length === 2 ? true : undefined)
  viewer.say(sized(2))
  viewer.say({ type: 'pick', id: 1, x: 0.5, y: 0.5 })
  await viewer.until(() => viewer.messages.find(({ type }) => type === 'picked'))
  t.equal(viewer.pictures.length, 2)
  viewer.acknowledges = true
  viewer.say({ type: 'shown', frame: 2 })
  await viewer.complete(2)
  viewer.close()
})

for (const [what, message, reason] of [
  ['no size', camera(1, [1, 0.5, 4], [1, 0, 0]), /width and height/],
  ['a size beyond all screens', sized(1, { width: 4097 }), /1 to 4096/],
  ['half a pixel', sized(1, { height: 0.5 }), /1 to 4096/],
  ['a picture shown that never was', { type: 'shown', frame: 10 }, /more than was sent/],
  ['a place beside the picture', { type: 'pick', id: 1, x: 1.5, y: 0 }, /0 to 1/],
  ['half a run', { type: 'mark', what: 'hidden', runs: [1], on: true }, /runs/],
  ['a style without a section', { type: 'style', ghosts: true, edges: false, explosion: 0 }, /section/]
] as const) {
  t.test(`a viewer that tells nonsense is refused: ${what}`, async t => {
    const { viewer, server } = await watch(t)
    viewer.say(message)
    t.match(await viewer.closed, { code: 1008, reason })
    await server.finished
  })
}
