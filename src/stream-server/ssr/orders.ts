import type { View } from '../csr/plan.ts'
import type { CameraMessage, MarkMessage, PickedMessage, SceneMessage, StyleMessage } from '../protocol.ts'
import type { Lacking } from './composition.ts'
import type { GpuWish } from './gpu/gpu.ts'
import type { Pyramid } from './textures/pyramid.ts'

/** What the painting thread is born with. */
export interface PaintingScene {
  parts: SceneMessage['parts']
  instances: SceneMessage['instances']
  min: SceneMessage['min']
  max: SceneMessage['max']
  textures: NonNullable<SceneMessage['textures']>
  /** Two numbers: of the newest camera and arrangement. Whoever paints for older ones may stop. */
  newest: Int32Array<SharedArrayBuffer>
  /** For decoded geometry. */
  mostBytes: number
  /** For unpacked textures. */
  mostTextureBytes: number
  /** What to look for, or a sentence's end why for no GPU. */
  gpu: GpuWish | string
}

/** A picture to be painted. */
export interface PaintOrder {
  type: 'paint'
  seq: number
  view: View
  width: number
  height: number
  background: number
  /** Differs when something was marked or styled in between. */
  arrangement: number
  /** Pictures to be laid over each other at jittered places; 1 is the plain picture. What was laid over before for the same view goes on. */
  samples: number
  /** Given up when a newer camera or arrangement is there. */
  mayStop: boolean
  /** Of `width × height` pixels, to be filled and given back. */
  pixels: ArrayBuffer
}

export type ToPainter =
  | PaintOrder
  | MarkMessage
  | StyleMessage
  | { type: 'part', part: number, level: number, glb: Uint8Array<ArrayBuffer> }
  /** As a picture lacked it; null: it cannot be had. */
  | { type: 'texture', texture: number, pyramid: Pyramid | null }
  /** Whose pixel is it? Places are shares of the picture's sides, 0 to 1. */
  | { type: 'pick', id: number, x: number, y: number }
  /** Nothing better is painted before something changes. */
  | { type: 'rest' }
  /** That was all: end. */
  | { type: 'end' }

export type FromPainter =
  | Lacking & { type: 'painted', seq: number, width: number, height: number, samples: number, triangles: number, milliseconds: number, pixels: ArrayBuffer }
  | { type: 'stopped', seq: number, pixels: ArrayBuffer }
  | PickedMessage

/** What the thread says: first of all with what it paints, and again when that changes. One that has a GPU, or had one, must not be ended from outside. */
export type FromThread = FromPainter | { type: 'equipped', words: string, gpu: boolean }

const mostPixels = 2560 * 1440

/** The order for what a camera sees: `scale` is the share of its pixels along each side, `coarseness` a factor on its tolerance. */
export function orderOf (
  { seq, width: wide = 1, height: high = 1, background = 0xffffff, viewProjection, position, focal, tolerance }: CameraMessage,
  { scale, coarseness, ...how }: Pick<PaintOrder, 'arrangement' | 'samples' | 'mayStop'> & { scale: number, coarseness: number }
): Omit<PaintOrder, 'pixels'> {
  const share = Math.min(scale, Math.sqrt(mostPixels / (wide * high)))
  return {
    type: 'paint',
    seq,
    view: { viewProjection, position, focal: focal * share, tolerance: tolerance * coarseness },
    width: Math.max(1, Math.round(wide * share)),
    height: Math.max(1, Math.round(high * share)),
    background: (0xff000000 | (background & 255) << 16 | background & 0xff00 | background >> 16) >>> 0,
    ...how
  }
}
