import { writeFile } from 'node:fs/promises'
import { Document, NodeIO } from '@gltf-transform/core'
import type { Mesh } from '../../../src/stream-server/preparing/mesh.ts'

/** A ring of `2 × around × across` triangles, 1 m from the middle to the middle of its tube, whose radius is 0.4 m and a little uneven; it lies flat. No open edges. */
export function torus (around: number, across: number): Mesh {
  const positions = new Float32Array(around * across * 3)
  const normals = new Float32Array(positions.length)
  const indices: number[] = []
  for (let i = 0; i < around; i++) {
    for (let j = 0; j < across; j++) {
      const [a, b] = [i / around * 2 * Math.PI, j / across * 2 * Math.PI]
      const at = (i * across + j) * 3
      const radius = 0.4 + 0.01 * Math.sin(9 * a) * Math.cos(4 * b)
      normals.set([Math.cos(b) * Math.cos(a), Math.sin(b), Math.cos(b) * Math.sin(a)], at)
      positions.set([(1 + radius * Math.cos(b)) * Math.cos(a), radius * Math.sin(b), (1 + radius * Math.cos(b)) * Math.sin(a)], at)
      const [next, up] = [(i + 1) % around * across, (j + 1) % across]
      indices.push(i * across + j, i * across + up, next + up, i * across + j, next + up, next + j)
    }
  }
  return { indices: Uint32Array.from(indices), positions, normals }
}

/** Writes a model with `copies` of one ring, two metres apart along Y, below a node that is called after it. */
export async function writeTorus (path: string, around: number, across: number, copies = 1): Promise<void> {
  const mesh = torus(around, across)
  await writeMeshes(path, Array.from({ length: copies }, (_, i) => ({ name: 'Ring', mesh, color: [0.1, 0.3, 0.7], at: [0, 2 * i, 0] })))
}

export interface PlacedMesh {
  name: string
  mesh: Mesh
  /** Linear RGB. */
  color: [number, number, number]
  at: [number, number, number]
  /** A PNG file that lies on it. */
  image?: Buffer
  /** Less than 1: it is seen through. */
  opacity?: number
  /** Negative ones mirror it. */
  scale?: [number, number, number]
}

const unscaled: [number, number, number] = [1, 1, 1]

/** Writes a model of meshes that stand side by side, each mesh once, below one node. */
export async function writeMeshes (path: string, placed: PlacedMesh[]): Promise<void> {
  const document = new Document()
  const buffer = document.createBuffer()
  const accessor = (type: 'VEC2' | 'VEC3' | 'VEC4' | 'SCALAR', values: Float32Array | Uint32Array | Uint8Array) => document.createAccessor().setType(type).setArray(values).setBuffer(buffer)
  const made = new Map<Mesh, ReturnType<Document['createMesh']>>()
  const group = document.createNode('All')
  for (const [i, { name, mesh, color, at, image, opacity = 1, scale = unscaled }] of placed.entries()) {
    let known = made.get(mesh)
    if (known === undefined) {
      const material = document.createMaterial().setBaseColorFactor([...color, opacity]).setMetallicFactor(0)
      if (opacity < 1) material.setAlphaMode('BLEND')
      if (image) material.setBaseColorTexture(document.createTexture().setImage(new Uint8Array(image)).setMimeType('image/png'))
      const primitive = document.createPrimitive().setMaterial(material)
        .setAttribute('POSITION', accessor('VEC3', mesh.positions)).setAttribute('NORMAL', accessor('VEC3', mesh.normals)).setIndices(accessor('SCALAR', mesh.indices))
      if (mesh.colors) primitive.setAttribute('COLOR_0', accessor('VEC4', mesh.colors).setNormalized(true))
      if (mesh.uvs) primitive.setAttribute('TEXCOORD_0', accessor('VEC2', mesh.uvs))
      made.set(mesh, known = document.createMesh(name).addPrimitive(primitive))
    }
    group.addChild(document.createNode(`${name} ${i + 1}`).setMesh(known).setTranslation(at).setScale(scale))
  }
  document.createScene().addChild(group)
  await writeFile(path, await new NodeIO().writeBinary(document))
}
