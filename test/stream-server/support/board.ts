import { PNG } from 'pngjs'
import type { Mesh } from '../../../src/stream-server/preparing/mesh.ts'

/** A square board in the plane y = 0, `2 × half` metres along, that looks up; its texture lies on it `repeats` times along each side. `cells` squares along. */
export function board (half: number, repeats: number, cells = 1): Mesh & { uvs: Float32Array } {
  const positions: number[] = []
  const normals: number[] = []
  const uvs: number[] = []
  const indices: number[] = []
  for (let row = 0; row <= cells; row++) {
    for (let column = 0; column <= cells; column++) {
      const [s, t] = [column / cells, row / cells]
      positions.push((2 * s - 1) * half, 0, (2 * t - 1) * half)
      normals.push(0, 1, 0)
      uvs.push(s * repeats, t * repeats)
      if (row === cells || column === cells) continue
      const at = row * (cells + 1) + column
      indices.push(at, at + cells + 1, at + 1, at + 1, at + cells + 1, at + cells + 2)
    }
  }
  return { positions: new Float32Array(positions), normals: new Float32Array(normals), uvs: new Float32Array(uvs), indices: new Uint32Array(indices) }
}

/** The two colours of `checks`. */
export const [red, green] = [[230, 20, 20], [20, 200, 20]] as const

/** A square image of red and green squares, each `size / count` pixels along; the upper left one is green. */
export function checks (size: number, count: number): Buffer {
  const image = new PNG({ width: size, height: size })
  for (let i = 0; i < size * size; i++) image.data.set([...(Math.floor(i % size * count / size) + Math.floor(Math.floor(i / size) * count / size)) % 2 ? red : green, 255], i * 4)
  return PNG.sync.write(image)
}
