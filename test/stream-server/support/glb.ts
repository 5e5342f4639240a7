/** A GLB file of a document written by hand, with what it keeps in its binary chunk. */
export function glb (json: object, binary: Uint8Array = new Uint8Array()): Buffer {
  const plain = Buffer.from(JSON.stringify(json))
  const text = Buffer.concat([plain, Buffer.alloc(-plain.length & 3, ' ')])
  const data = Buffer.concat([binary, Buffer.alloc(-binary.length & 3)])
  const head = Buffer.alloc(20)
  head.write('glTF', 'latin1')
  head.writeUInt32LE(2, 4)
  head.writeUInt32LE(28 + text.length + data.length, 8)
  head.writeUInt32LE(text.length, 12)
  head.write('JSON', 16, 'latin1')
  const second = Buffer.alloc(8)
  second.writeUInt32LE(data.length, 0)
  second.write('BIN\0', 4, 'latin1')
  return Buffer.concat([head, text, second, data])
}

/** One triangle, a metre wide, as a document with whatever else is wanted. */
export function triangle (more: Record<string, unknown> = {}, points: number[] = [0, 0, 0, 1, 0, 0, 0, 1, 0]): Buffer {
  const positions = new Uint8Array(new Float32Array(points).buffer)
  return glb({
    asset: { version: '2.0' },
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0 }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0 } }] }],
    accessors: [{ bufferView: 0, componentType: 5126, count: points.length / 3, type: 'VEC3' }],
    bufferViews: [{ buffer: 0, byteLength: positions.length }],
    buffers: [{ byteLength: positions.length }],
    ...more
  }, positions)
}
