/** Geometry of one part: indexed triangles with a normal at every vertex. */
export interface Mesh {
  indices: Uint32Array
  /** x, y, z per vertex. */
  positions: Float32Array
  /** Unit normals, x, y, z per vertex. */
  normals: Float32Array
  /** Places on the texture, u, v per vertex; absent: it has none. */
  uvs?: Float32Array
  /** Linear RGBA, 0 to 255, per vertex; absent: it is white all over. */
  colors?: Uint8Array
}

export interface Bounds {
  min: [number, number, number]
  max: [number, number, number]
}

/** The box around all points of `positions`. */
export function boundsOf (positions: Float32Array): Bounds {
  const min: Bounds['min'] = [Infinity, Infinity, Infinity]
  const max: Bounds['max'] = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < positions.length; i++) {
    const axis = i % 3 as 0 | 1 | 2
    const value = positions[i] ?? 0
    if (value < min[axis]) min[axis] = value
    if (value > max[axis]) max[axis] = value
  }
  return { min, max }
}

/** Makes one vertex of vertices that are the same bit by bit, and drops triangles that thereby lose their area. */
export function weld (mesh: Mesh): Mesh {
  const { indices, positions, normals, uvs, colors } = mesh
  const count = positions.length / 3
  const p = new Uint32Array(positions.buffer, positions.byteOffset, positions.length)
  const n = new Uint32Array(normals.buffer, normals.byteOffset, normals.length)
  const size = 2 ** Math.ceil(Math.log2(count * 2 + 1))
  const slots = new Int32Array(size).fill(-1)
  const remap = new Uint32Array(count)
  const same = (a: number, b: number) => p[a] === p[b] && p[a + 1] === p[b + 1] && p[a + 2] === p[b + 2] &&
    n[a] === n[b] && n[a + 1] === n[b + 1] && n[a + 2] === n[b + 2] && (uvs === undefined || sameOf(uvs, 2, a / 3, b / 3)) && (colors === undefined || sameOf(colors, 4, a / 3, b / 3))
  for (let i = 0; i < count; i++) {
    const at = i * 3
    let slot = 0
    for (let k = 0; k < 3; k++) slot = Math.imul(slot ^ (p[at + k] ?? 0) ^ (slot >>> 15), 0x9e3779b1) ^ Math.imul(n[at + k] ?? 0, 0x85ebca6b)
    slot = (slot ^ (slot >>> 16)) & (size - 1)
    while ((slots[slot] ?? -1) >= 0 && !same((slots[slot] ?? 0) * 3, at)) slot = (slot + 1) & (size - 1)
    if (slots[slot] === -1) slots[slot] = i
    remap[i] = slots[slot] ?? i
  }
  const kept = new Uint32Array(indices.length)
  let length = 0
  for (let i = 0; i < indices.length; i += 3) {
    const a = remap[indices[i] ?? 0] ?? 0
    const b = remap[indices[i + 1] ?? 0] ?? 0
    const c = remap[indices[i + 2] ?? 0] ?? 0
    if (a === b || b === c || c === a) continue
    kept[length++] = a
    kept[length++] = b
    kept[length++] = c
  }
  return { ...mesh, indices: kept.slice(0, length) }
}

function sameOf (values: ArrayLike<number>, size: number, a: number, b: number): boolean {
  for (let k = 0; k < size; k++) if (values[a * size + k] !== values[b * size + k]) return false
  return true
}

type More = Pick<Mesh, 'uvs' | 'colors'>

/** What vertices carry, for triangles with vertices of their own. */
export function cornered ({ uvs, colors }: More, indices: Uint32Array): More {
  const gather = <Values extends Float32Array | Uint8Array>(values: Values, made: Values, size: number): Values => {
    for (let i = 0; i < indices.length; i++) for (let k = 0; k < size; k++) made[i * size + k] = values[(indices[i] ?? 0) * size + k] ?? 0
    return made
  }
  return {
    ...uvs && { uvs: gather(uvs, new Float32Array(indices.length * 2), 2) },
    ...colors && { colors: gather(colors, new Uint8Array(indices.length * 4), 4) }
  }
}

/** The flat normals that glTF asks for where a mesh brings none; every triangle gets vertices of its own. */
export function withFlatNormals (indices: Uint32Array, positions: Float32Array): Mesh {
  const flat = new Float32Array(indices.length * 3)
  const normals = new Float32Array(indices.length * 3)
  for (let i = 0; i < indices.length; i++) {
    for (let k = 0; k < 3; k++) flat[i * 3 + k] = positions[(indices[i] ?? 0) * 3 + k] ?? 0
  }
  for (let i = 0; i < flat.length; i += 9) {
    const [ax, ay, az, bx, by, bz, cx, cy, cz] = flat.subarray(i, i + 9) as unknown as [number, number, number, number, number, number, number, number, number]
    const x = (by - ay) * (cz - az) - (bz - az) * (cy - ay)
    const y = (bz - az) * (cx - ax) - (bx - ax) * (cz - az)
    const z = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    const length = Math.hypot(x, y, z) || 1
    for (let k = 0; k < 9; k += 3) normals.set([x / length, y / length, z / length], i + k)
  }
  return { indices: Uint32Array.from({ length: indices.length }, (_, i) => i), positions: flat, normals }
}

/** The mesh without vertices that no triangle uses, and with a direction for every normal that has none. */
export function compact ({ indices, positions, normals, ...more }: Mesh): Mesh {
  const remap = new Int32Array(positions.length / 3).fill(-1)
  let count = 0
  const from: number[] = []
  for (const index of indices) {
    if (remap[index] !== -1) continue
    remap[index] = count++
    if (more.uvs ?? more.colors) from.push(index)
  }
  const made: Mesh = { indices: new Uint32Array(indices.length), positions: new Float32Array(count * 3), normals: new Float32Array(count * 3) }
  for (let i = 0; i < indices.length; i++) made.indices[i] = remap[indices[i] ?? 0] ?? 0
  for (let from = 0; from < remap.length; from++) {
    const to = remap[from] ?? -1
    if (to === -1) continue
    const [x, y, z] = [normals[from * 3] ?? 0, normals[from * 3 + 1] ?? 0, normals[from * 3 + 2] ?? 0]
    const length = Math.hypot(x, y, z)
    made.normals.set(length > 0 && length < Infinity ? [x / length, y / length, z / length] : [0, 1, 0], to * 3)
    for (let k = 0; k < 3; k++) made.positions[to * 3 + k] = positions[from * 3 + k] ?? 0
  }
  return { ...made, ...cornered(more, Uint32Array.from(from)) }
}
