import { writeFile } from 'node:fs/promises'
import { Document, NodeIO } from '@gltf-transform/core'

/** A ball of about `2 × segments²` triangles, `radius` metres. */
function ball (segments: number, radius: number): { position: Float32Array, normal: Float32Array, indices: Uint32Array } {
  const position: number[] = []
  const normal: number[] = []
  const indices: number[] = []
  for (let row = 0; row <= segments; row++) {
    for (let column = 0; column <= segments; column++) {
      const polar = row * Math.PI / segments
      const around = column * 2 * Math.PI / segments
      const unit = [Math.sin(polar) * Math.cos(around), Math.cos(polar), Math.sin(polar) * Math.sin(around)]
      normal.push(...unit)
      position.push(...unit.map(value => value * radius))
      if (row === segments || column === segments) continue
      const at = row * (segments + 1) + column
      indices.push(at, at + 1, at + segments + 1, at + 1, at + segments + 2, at + segments + 1)
    }
  }
  return { position: new Float32Array(position), normal: new Float32Array(normal), indices: new Uint32Array(indices) }
}

export interface BallsSettings {
  /** Balls in a row along X, one metre apart, all of one mesh. */
  copies?: number
  segments?: number
  normals?: boolean
}

/** A row of balls under one group node: one part, many instances. */
export function ballsDocument ({ copies = 3, segments = 32, normals = true }: BallsSettings = {}): Document {
  const document = new Document()
  const buffer = document.createBuffer()
  const { position, normal, indices } = ball(segments, 0.25)
  const material = document.createMaterial('red').setBaseColorFactor([0.8, 0.1, 0.05, 1]).setMetallicFactor(0.25).setRoughnessFactor(0.5)
  const primitive = document.createPrimitive().setMaterial(material)
    .setAttribute('POSITION', document.createAccessor().setType('VEC3').setArray(position).setBuffer(buffer))
    .setIndices(document.createAccessor().setType('SCALAR').setArray(indices).setBuffer(buffer))
  if (normals) primitive.setAttribute('NORMAL', document.createAccessor().setType('VEC3').setArray(normal).setBuffer(buffer))
  const mesh = document.createMesh('Ball').addPrimitive(primitive)
  const group = document.createNode('Row')
  for (let i = 0; i < copies; i++) group.addChild(document.createNode(`Ball ${i + 1}`).setMesh(mesh).setTranslation([i, 0, 0]))
  document.createScene().addChild(group)
  return document
}

export async function writeBalls (path: string, settings: BallsSettings = {}): Promise<void> {
  await writeDocument(path, ballsDocument(settings))
}

export async function writeDocument (path: string, document: Document): Promise<void> {
  if (path.endsWith('.gltf')) await new NodeIO().write(path, document)
  else await writeFile(path, await new NodeIO().writeBinary(document))
}
