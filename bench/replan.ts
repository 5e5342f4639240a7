import { wishesFor, Planner } from '../src/stream-server/csr/plan.ts'
import type { View } from '../src/stream-server/csr/plan.ts'
import type { PartInfo, SceneMessage } from '../src/stream-server/protocol.ts'

const aspect = 16 / 9
const focal = 1142

/** A hall of `count` instances of 500 parts, 1 m apart. */
export function hall (count: number): Pick<SceneMessage, 'parts' | 'instances'> {
  const parts = Array.from({ length: 500 }, (_, i): PartInfo => {
    const half = 0.1 + (i % 17) / 50
    const levels = [0.25, 0.06, 0.015, 0.004, 0].map((error, level) => ({ triangles: 50 * 4 ** level, vertices: 30 * 4 ** level, error: error * half, bytes: 400 * 4 ** level }))
    return { name: '', min: [-half, -half, -half], max: [half, half, half], color: [1, 1, 1, 1], metallic: 0, roughness: 1, levels }
  })
  const side = Math.ceil(Math.cbrt(count))
  const instances = Array.from({ length: count }, (_, i) => ({ part: i * 7919 % 500, node: 0, matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, i % side, Math.floor(i / side) % side, Math.floor(i / side / side), 1] }))
  return { parts, instances }
}

/** A camera at `position` that looks along -z, turned by `angle` radians about the vertical. */
function look (position: [number, number, number], angle: number): View {
  const f = 2 * focal / 720
  const [near, far] = [0.01, 1000]
  const [x, y, z] = position
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const rows = [
    [f / aspect * cos, 0, -f / aspect * sin, -f / aspect * (cos * x - sin * z)],
    [0, f, 0, -f * y],
    [-sin * (far + near) / (far - near), 0, -cos * (far + near) / (far - near), (sin * x + cos * z) * (far + near) / (far - near) - 2 * far * near / (far - near)],
    [-sin, 0, -cos, sin * x + cos * z]
  ]
  return { viewProjection: Array.from({ length: 16 }, (_, i) => rows[i % 4]![Math.floor(i / 4)]!), position, focal, tolerance: 1 }
}

/** Milliseconds of one plan each, with everything in sight from outside and with a part of it from within, and to set up. */
export function replanTimes (count: number, rounds: number): { setUp: number, outside: number[], inside: number[] } {
  const scene = hall(count)
  const side = Math.ceil(Math.cbrt(count))
  const started = performance.now()
  const planner = new Planner(scene)
  const setUp = performance.now() - started
  const held = new Int8Array(scene.parts.length).fill(-1)
  const times = (view: (round: number) => View): number[] => Array.from({ length: rounds }, (_, round) => {
    const begun = performance.now()
    wishesFor(scene.parts, planner.demands(view(round)), held)
    return performance.now() - begun
  })
  for (let warm = 0; warm < 5; warm++) planner.demands(look([side / 2, side / 2, side * 3], 0))
  return {
    setUp,
    outside: times(round => look([side / 2, side / 2, side * 3 + round], 0)),
    inside: times(round => look([side / 2, side / 2, side / 2], round * 2 * Math.PI / rounds))
  }
}
