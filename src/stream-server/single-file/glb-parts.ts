const jsonAt = 20

/** What a GLB of ours says, and where its binary chunk lies in it. */
export function glbParts (glb: Buffer): { json: PartJson, binary: Buffer } {
  const length = glb.readUInt32LE(12)
  const json = JSON.parse(glb.toString('utf8', jsonAt, jsonAt + length)) as PartJson
  return { json, binary: glb.subarray(jsonAt + length + 8) }
}

interface Packed { buffer: number, byteOffset: number, byteLength: number }

export interface PartJson {
  asset: { version: string, extras?: Record<string, unknown> }
  nodes: Array<{ translation: number[], scale: number[] }>
  meshes: Array<{ primitives: Array<{ attributes: Record<string, number>, indices: number }> }>
  accessors: Array<{ bufferView: number }>
  bufferViews: Array<{ buffer: number, byteOffset: number, byteLength: number, extensions: { EXT_meshopt_compression: Packed } }>
  buffers: Array<{ byteLength: number }>
}

/** The head of a GLB whose binary chunk follows: everything before its first byte. */
export function glbHead (json: object, binaryLength: number): Buffer {
  const plain = Buffer.from(JSON.stringify(json))
  const length = Math.ceil(plain.length / 4) * 4
  const head = Buffer.alloc(jsonAt + length + 8, ' ')
  head.write('glTF', 0, 'latin1')
  head.writeUInt32LE(2, 4)
  head.writeUInt32LE(head.length + binaryLength, 8)
  head.writeUInt32LE(length, 12)
  head.write('JSON', 16, 'latin1')
  plain.copy(head, jsonAt)
  head.writeUInt32LE(binaryLength, jsonAt + length)
  head.write('BIN\0', jsonAt + length + 4, 'latin1')
  return head
}
