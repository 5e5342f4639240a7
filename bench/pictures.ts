import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { subprotocol } from '../src/stream-server/protocol.ts'
import { givingBack } from '../src/spawning/stream-server-program.ts'
import type { FrameMessage, SceneMessage, ServerMessage } from '../src/stream-server/protocol.ts'
import { writeLine } from './line-of-units.ts'
import { orbit } from './orbit.ts'
import { cell, judge, notMeasured, table, type Scale, type Section, type Target } from './part.ts'
import { start } from './running.ts'
import { median } from './statistics.ts'

/** Milliseconds between two cameras of somebody who turns the model without a pause. */
const cameraEvery = 16
/** From the complete picture to looking how much memory is left. */
const restMs = 1000
const port = 21_900
const fourUnits = 'line-of-four'
/** Coarse as its parts are there, they are so many that a picture has little more than 300,000 triangles. */
const manyTriangles = 'line-of-eleven'
/** Units of the sample assembly in a row. */
const models = { 'drive-unit': 1, [fourUnits]: 4, [manyTriangles]: 11, 'line-of-sixteen': 16 }
/** The target holds for pictures of at least so many triangles. */
const wantedTriangles = 300_000

/** One turn about a model. */
interface Turn { fps: number, milliseconds: number, frames: number, triangles: number, width: number, bytes: number, pss: number }

/**
 * Pictures of a model that is turned, rendered by a stream server that has one core for everything, over its WebSocket, shown at once. A picture's latency is
 * from sending its camera to having its file.
 */
export async function pictures ({ rounds, quick, tell }: Scale): Promise<Section> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'))
  try {
    for (const [model, units] of Object.entries(models)) await writeLine('models/drive-unit.glb', folder, model, units)
    const rows: string[][] = []
    const targets: Target[] = []
    for (const model of Object.keys(models)) {
      const turns: Turn[] = []
      for (let round = 0; round < rounds; round++) {
        tell(`turning ${model}, ${round + 1} of ${rounds}`)
        turns.push(await turn(folder, model, quick ? 2000 : 6000))
      }
      rows.push(row(model, turns))
      targets.push(...judged(model, turns))
    }
    return {
      markdown: [
        '### Pictures rendered on the server',
        '',
        `A model turned without a pause at 1280×720, all of it in sight, ${1000 / cameraEvery | 0} cameras a second; the stream server is held to one core; medians over the turn, of ${rounds} ${rounds === 1 ? 'turn' : 'turns with range'}.`,
        'Painted are the triangles of all instances in sight that are not behind others as a whole: those that face away or are smaller than a pixel are among them. They are fewer than the tolerance of one pixel',
        'asks for where painting takes too long. Memory is the proportional set size a second after the complete picture, where no GPU is looked for: where the package `webgpu` is installed it takes 4 to 6 MB more.',
        '',
        ...table(['model', 'pictures/s', 'latency, ms', 'latency, pictures', 'thousand triangles painted', 'width, pixels', 'kB a picture', 'memory at rest, MB'], rows)
      ],
      targets,
      repeated: `${rounds} ${rounds === 1 ? 'turn' : 'turns'} about each model, one after the other`
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function row (model: string, turns: Turn[]): string[] {
  const column = (pick: (turn: Turn) => number, digits: number) => cell(turns.map(pick), digits)
  return [model, column(({ fps }) => fps, 1), column(({ milliseconds }) => milliseconds, 0), column(({ frames }) => frames, 1), column(({ triangles }) => triangles / 1000, 0), column(({ width }) => width, 0), column(({ bytes }) => bytes / 1000, 0), column(({ pss }) => pss / 1e6, 1)]
}

function judged (model: string, turns: Turn[]): Target[] {
  const fps = turns.map(({ fps }) => fps)
  const frames = turns.map(({ frames }) => frames)
  if (model === fourUnits) {
    return [
      judge('pictures a second, four units turned at 1280×720 on one core', { least: 20 }, '', fps, 1),
      judge('the same: from camera to picture, in pictures', { most: 2 }, '', frames, 1),
      judge('the same: memory of the stream server, proportional', { most: 60 }, ' MB', turns.map(({ pss }) => pss / 1e6), 1)
    ]
  }
  if (model !== manyTriangles) return []
  const often = 'pictures a second, 300,000 triangles or more painted, at 1280×720 on one core'
  const soon = 'the same: from camera to picture, in pictures'
  const thousands = `${cell(turns.map(({ triangles }) => triangles / 1000), 0)} thousand triangles painted`
  if (turns.some(({ triangles }) => triangles < wantedTriangles)) return [notMeasured(often, '≥ 20', thousands), notMeasured(soon, '≤ 2', thousands)]
  return [judge(often, { least: 20 }, '', fps, 1), judge(soon, { most: 2 }, '', frames, 1)].map(target => ({ ...target, measured: `${target.measured}, with ${thousands}` }))
}

async function turn (folder: string, model: string, milliseconds: number): Promise<Turn> {
  const server = await start({
    command: 'taskset',
    args: ['-c', '0', process.execPath, 'dist/stream-server/main.mjs', '--id', 'bench', '--sc-port', String(port), '--model-search-directories', folder, '--workspace-dir', join(folder, 'workspace'), '--ssr', 'true', '--ssr-gpu-index', 'none'],
    env: givingBack,
    ready: /listening/
  })
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, subprotocol)
  try {
    return await watch(socket, model, milliseconds, server.pid)
  } finally {
    socket.close(1000)
    await server.stop()
  }
}

async function watch (socket: WebSocket, model: string, milliseconds: number, pid: number): Promise<Turn> {
  const asked = new Map<number, number>()
  const shown: Array<{ at: number, latency: number, frame: FrameMessage }> = []
  let scene: SceneMessage | undefined
  let frame: FrameMessage | undefined
  let seq = 0
  const look = () => {
    if (scene === undefined) return
    asked.set(++seq, performance.now())
    socket.send(JSON.stringify(orbit(scene, seq, seq * 0.01)))
  }
  let complete = () => {}
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', (code, reason) => { reject(new Error(`closed: ${code} ${String(reason)}`)) })
    socket.on('open', () => { socket.send(JSON.stringify({ type: 'open', model })) })
    socket.on('message', (data, isBinary) => {
      if (!isBinary) {
        const message = JSON.parse(String(data)) as ServerMessage
        if (message.type === 'scene') { scene = message; resolve() }
        if (message.type === 'frame') frame = message
        return
      }
      if (frame === undefined) return
      const at = performance.now()
      shown.push({ at, latency: at - (asked.get(frame.seq) ?? at), frame })
      socket.send(JSON.stringify({ type: 'shown', frame: frame.number }))
      if (frame.complete) complete()
    })
  })
  // First at rest, until everything is loaded that is seen.
  const rested = async () => { await new Promise<void>(resolve => { complete = resolve; look() }) }
  await rested()
  const turning = setInterval(look, cameraEvery)
  await new Promise(resolve => setTimeout(resolve, milliseconds / 3))
  shown.length = 0
  await new Promise(resolve => setTimeout(resolve, milliseconds))
  clearInterval(turning)
  const moving = shown.filter(({ frame }) => frame.format === 'jpeg')
  const each = (moving.at(-1)!.at - moving[0]!.at) / (moving.length - 1)
  await rested()
  await new Promise(resolve => setTimeout(resolve, restMs))
  const latency = median(moving.map(({ latency }) => latency))
  return {
    fps: 1000 / each,
    milliseconds: latency,
    frames: latency / each,
    triangles: median(moving.map(({ frame }) => frame.triangles)),
    width: median(moving.map(({ frame }) => frame.width)),
    bytes: median(moving.map(({ frame }) => frame.bytes)),
    pss: Number(/^Pss:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) * 1024
  }
}
