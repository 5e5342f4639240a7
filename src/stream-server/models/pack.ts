import { open, readFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { partsInPieces } from '../pieces.ts'
import type { PartInfo, SceneMessage } from '../protocol.ts'
import { chunksName, manifestName, packFormat } from './pack-format.ts'
import type { Manifest } from './pack-format.ts'
import { mark } from './pack-shelf.ts'

/** A prepared model on disk: the scene in memory, geometry read when it is sent. Whoever opens it closes it. */
export class Pack {
  readonly scene: SceneMessage
  readonly folder: string
  #chunks: FileHandle
  /** Every piece on its own. */
  #parts: PartInfo[]
  #offsets: number[][]
  #images: number[]
  #unmark: () => Promise<void>
  #closed: Promise<void> | null = null

  private constructor (folder: string, scene: SceneMessage, parts: PartInfo[], chunks: FileHandle, offsets: number[][], images: number[], unmark: () => Promise<void>) {
    this.folder = folder
    this.scene = scene
    this.#parts = parts
    this.#chunks = chunks
    this.#offsets = offsets
    this.#images = images
    this.#unmark = unmark
  }

  /** Opens the pack in `folder`; `null` when there is none, or one that is of another format or incomplete. */
  static async open (folder: string): Promise<Pack | null> {
    const chunks = await open(join(folder, chunksName), 'r').catch(() => null)
    if (chunks === null) return null
    try {
      const { format, scene } = JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as Manifest
      let end = 0
      const parts = partsInPieces(scene.parts)
      const offsets = parts.map(({ levels }) => levels.map(({ bytes }) => { end += bytes; return end - bytes }))
      const images = (scene.textures ?? []).map(({ bytes }) => { end += bytes; return end - bytes })
      if (format === packFormat && (await chunks.stat()).size === end) return new Pack(folder, scene, parts, chunks, offsets, images, await mark(folder))
    } catch {
      // Unreadable is as good as not there: it will be made anew.
    }
    await chunks.close()
    return null
  }

  /** The GLB file of one level of one part, where pieces count as parts. Rejects when it cannot be read. */
  async read (part: number, level: number): Promise<Buffer> {
    return await this.#read(this.#parts[part]?.levels[level]?.bytes ?? 0, this.#offsets[part]?.[level] ?? 0)
  }

  /** The image file of a texture. Rejects when it cannot be read. */
  async readTexture (texture: number): Promise<Buffer> {
    return await this.#read(this.scene.textures?.[texture]?.bytes ?? 0, this.#images[texture] ?? 0)
  }

  async #read (size: number, at: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(size)
    const { bytesRead } = await this.#chunks.read(bytes, 0, size, at)
    if (bytesRead !== size) throw new Error(`the file is cut off: ${bytesRead} of ${size} bytes at ${at}`)
    return bytes
  }

  close (): Promise<void> {
    this.#closed ??= this.#chunks.close().finally(this.#unmark)
    return this.#closed
  }
}
