import type { CameraMessage, SceneMessage } from '../src/stream-server/protocol.ts'

/** Vertical, radians. */
const fieldOfView = 35 * Math.PI / 180
const width = 1280
const height = 720

/** A camera that has turned about a model by `angle` radians, all of it in a picture of 1280×720 pixels. */
export function orbit ({ min, max }: Pick<SceneMessage, 'min' | 'max'>, seq: number, angle: number): CameraMessage {
  const middle = min.map((value, axis) => (value + max[axis]!) / 2) as [number, number, number]
  const radius = Math.hypot(...min.map((value, axis) => max[axis]! - value)) / 2
  const distance = radius / Math.sin(fieldOfView / 2) * 0.75
  const back: Triple = unit([Math.sin(angle), 0.5, Math.cos(angle)])
  const right = unit([back[2], 0, -back[0]])
  const up = cross(back, right)
  const position = middle.map((value, axis) => value + back[axis]! * distance) as Triple
  const [near, far] = [Math.max(distance - radius * 1.02, radius * 0.01), distance + radius * 1.02]
  const f = 1 / Math.tan(fieldOfView / 2)
  const row = (axis: Triple, scale: number) => [...axis.map(value => value * scale), -dot(axis, position) * scale]
  const z = (far + near) / (far - near)
  const depth = row(back, -z)
  const rows = [row(right, f * height / width), row(up, f), [...depth.slice(0, 3), depth[3]! - 2 * far * near / (far - near)], row(back, -1)]
  return { type: 'camera', seq, viewProjection: Array.from({ length: 16 }, (_, i) => rows[i % 4]![Math.floor(i / 4)]!), position, focal: height / 2 * f, tolerance: 1, width, height, background: 0xffffff }
}

type Triple = [number, number, number]
const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const unit = (a: Triple): Triple => a.map(value => value / Math.hypot(...a)) as Triple
const cross = ([a, b, c]: Triple, [x, y, z]: Triple): Triple => [b * z - c * y, c * x - a * z, a * y - b * x]
