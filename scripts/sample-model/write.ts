/** Turns an assembly into one compressed, instanced glTF document in metres, Y up. */
import { Document, Logger, NodeIO } from '@gltf-transform/core'
import type { Material, Mesh, Node } from '@gltf-transform/core'
import { EXTMeshoptCompression, KHRMeshQuantization } from '@gltf-transform/extensions'
import { meshopt } from '@gltf-transform/functions'
import { MeshoptEncoder } from 'meshoptimizer'
import type { Direction, Placed } from './assembly.ts'
import type { Finish, Part } from './parts.ts'

type Quaternion = [number, number, number, number]

const s = Math.SQRT1_2
const turns: Record<Direction, Quaternion> = {
  z: [0, 0, 0, 1], '-z': [1, 0, 0, 0], x: [0, s, 0, s], '-x': [0, -s, 0, s], y: [-s, 0, 0, s], '-y': [s, 0, 0, s]
}
const creaseDegrees = 32

function rotation (toward: Direction, spinDegrees: number): Quaternion {
  const [x, y, z, w] = turns[toward]
  const sin = Math.sin(spinDegrees * Math.PI / 360)
  const cos = Math.cos(spinDegrees * Math.PI / 360)
  return [x * cos + y * sin, y * cos - x * sin, z * cos + w * sin, w * cos - z * sin]
}

function linear (hex: string): [number, number, number] {
  const channel = (at: number) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return [channel(1), channel(3), channel(5)]
}

export interface Summary {
  parts: number
  instances: number
  triangles: number
  uniqueTriangles: number
}

/** Writes the GLB to `path`. The same assembly always gives the same bytes. */
export async function writeModel (root: Placed, path: string): Promise<Summary> {
  await MeshoptEncoder.ready
  const document = new Document().setLogger(new Logger(Logger.Verbosity.ERROR))
  const buffer = document.createBuffer()
  const materials = new Map<Finish, Material>()
  const meshes = new Map<Part, { mesh: Mesh, triangles: number }>()
  const summary: Summary = { parts: 0, instances: 0, triangles: 0, uniqueTriangles: 0 }

  const material = (finish: Finish): Material => {
    const known = materials.get(finish)
    if (known) return known
    const alpha = finish.alpha ?? 1
    const made = document.createMaterial(finish.color).setBaseColorFactor([...linear(finish.color), alpha])
      .setMetallicFactor(finish.metallic).setRoughnessFactor(finish.roughness).setAlphaMode(alpha < 1 ? 'BLEND' : 'OPAQUE')
    materials.set(finish, made)
    return made
  }

  const meshOf = (part: Part) => {
    const known = meshes.get(part)
    if (known) return known
    const { vertProperties, numProp, triVerts } = part.solid.calculateNormals(0, creaseDegrees).getMesh()
    const count = vertProperties.length / numProp
    const position = new Float32Array(count * 3)
    const normal = new Float32Array(count * 3)
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < 3; k++) {
        position[i * 3 + k] = (vertProperties[i * numProp + k] ?? 0) / 1000
        normal[i * 3 + k] = vertProperties[i * numProp + 3 + k] ?? 0
      }
    }
    const primitive = document.createPrimitive().setMaterial(material(part.finish))
      .setIndices(document.createAccessor().setType('SCALAR').setArray(new Uint32Array(triVerts)).setBuffer(buffer))
      .setAttribute('POSITION', document.createAccessor().setType('VEC3').setArray(position).setBuffer(buffer))
      .setAttribute('NORMAL', document.createAccessor().setType('VEC3').setArray(normal).setBuffer(buffer))
    const made = { mesh: document.createMesh(part.name).addPrimitive(primitive), triangles: triVerts.length / 3 }
    meshes.set(part, made)
    summary.parts++
    summary.uniqueTriangles += made.triangles
    return made
  }

  const nodeOf = (placed: Placed): Node => {
    const [x, y, z] = placed.at
    const node = document.createNode(placed.name).setTranslation([x / 1000, y / 1000, z / 1000]).setRotation(rotation(placed.toward, placed.spin))
    if (placed.part) {
      const { mesh, triangles } = meshOf(placed.part)
      node.setMesh(mesh)
      summary.instances++
      summary.triangles += triangles
    }
    for (const child of placed.children) node.addChild(nodeOf(child))
    return node
  }

  const upright = document.createNode(root.name).setRotation(turns.y)
  for (const child of root.children) upright.addChild(nodeOf(child))
  document.createScene(root.name).addChild(upright)
  await document.transform(meshopt({ encoder: MeshoptEncoder, level: 'high', quantizePosition: 13, quantizeNormal: 8 }))
  document.getRoot().getAsset().generator = 'slipway sample model'
  await new NodeIO().registerExtensions([EXTMeshoptCompression, KHRMeshQuantization])
    .registerDependencies({ 'meshopt.encoder': MeshoptEncoder }).write(path, document)
  return summary
}
