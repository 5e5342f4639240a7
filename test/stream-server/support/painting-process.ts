import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Pack } from '../../../src/stream-server/models/pack.ts'
import { pixelsOf } from '../../../src/stream-server/preparing/picture.ts'
import type { SceneMessage } from '../../../src/stream-server/protocol.ts'
import type { FromThread } from '../../../src/stream-server/ssr/orders.ts'
import { pyramidOf } from '../../../src/stream-server/ssr/textures/pyramid.ts'
import type { ToProcess } from './painting-program.ts'
import { programs } from './bundle.ts'

type Heard = FromThread | { type: 'broken', words: string }
export type Order = Extract<ToProcess, { type: 'paint' }>
export type Painted = Extract<Heard, { type: 'painted' }>

const chromium = '/usr/lib/chromium'

/** What shows Vulkan the driver in software that Chromium brings along, and nothing else. Throws where it is not there: nothing is skipped silently. */
export function softwareDriver (): Record<string, string> {
  const icd = join(chromium, 'vk_swiftshader_icd.json')
  for (const file of [icd, join(chromium, 'libvulkan.so.1')]) if (!existsSync(file)) throw new Error(`the tests need ${file}, which Debian's chromium has`)
  return { VK_ICD_FILENAMES: icd, VK_DRIVER_FILES: icd, LD_LIBRARY_PATH: chromium }
}

/** A process whose one thread paints a scene. */
export class PaintingProcess {
  readonly heard: Heard[] = []
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown[]>
  #stderr = ''
  #wake = () => {}

  private constructor (child: ChildProcess) {
    this.#child = child
    this.#exit = once(child, 'close')
    child.stderr?.on('data', bytes => { this.#stderr += String(bytes) })
    child.on('message', message => {
      this.heard.push(message as Heard)
      this.#wake()
    })
    child.on('close', () => { this.#wake() })
  }

  /** `program` is where `render.mjs` is, as a stream server is told it. */
  static async start (t: Test, program: string, scene: SceneMessage, environment: Record<string, string> = softwareDriver()): Promise<PaintingProcess> {
    const child = fork((await programs()).painting, { serialization: 'advanced', execArgv: [], env: environment, stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
    const started = new PaintingProcess(child)
    t.teardown(async () => {
      child.kill('SIGKILL')
      await started.#exit
    })
    started.tell({ type: 'begin', program, scene })
    return started
  }

  tell (message: ToProcess): void {
    this.#child.send(message)
  }

  /** With what it paints, as it said last. */
  async equipment (): Promise<string> {
    await this.until(() => this.heard.find(({ type }) => type === 'equipped'))
    return this.heard.findLast(message => message.type === 'equipped')!.words
  }

  async paint (order: Order): Promise<Painted> {
    const painted = await this.order(order)
    if (painted.type === 'stopped') throw new Error('a picture was given up')
    return painted
  }

  /** Answers that it is painted, or given up. */
  async order (order: Order): Promise<Painted | Extract<Heard, { type: 'stopped' }>> {
    const from = this.heard.length
    this.tell(order)
    return await this.until(() => this.heard.slice(from).find(message => message.type === 'painted' || message.type === 'stopped'))
  }

  /** Gives it what the picture lacks until it lacks nothing. */
  async paintWhole (order: Order, pack: Pick<Pack, 'read' | 'readTexture'>): Promise<Painted> {
    for (;;) {
      const painted = await this.paint(order)
      if (painted.wanted.length + painted.textures.length === 0) return painted
      for (const { part, level } of painted.wanted) this.tell({ type: 'part', part, level, glb: new Uint8Array(await pack.read(part, level)) })
      for (const { texture, level } of painted.textures) {
        const { width, height, data } = pixelsOf(await pack.readTexture(texture))
        this.tell({ type: 'texture', texture, pyramid: pyramidOf(width, height, data, level) })
      }
    }
  }

  async pick (id: number, x: number, y: number): Promise<Extract<Heard, { type: 'picked' }>> {
    this.tell({ type: 'pick', id, x, y })
    return await this.until(() => this.heard.find((message): message is Extract<Heard, { type: 'picked' }> => message.type === 'picked' && message.id === id))
  }

  /** Ends the thread; the process ends by itself, and answers how. */
  async close (): Promise<{ code: unknown, signal: unknown }> {
    this.tell({ type: 'close' })
    const [code, signal] = await this.#exit
    return { code, signal }
  }

  async until<T> (find: () => T | undefined): Promise<T> {
    for (;;) {
      const value = find()
      if (value !== undefined) return value
      const broken = this.heard.find(message => message.type === 'broken')
      if (broken !== undefined) throw new Error(broken.words)
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error(`ended by ${this.#child.exitCode ?? this.#child.signalCode}: ${this.#stderr}`)
      await new Promise<void>(resolve => { this.#wake = resolve })
    }
  }
}
