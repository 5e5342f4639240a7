export interface TexturedSettings {
  /** Triangles beside each other, each a part. */
  parts: number
  image: object
  /** Of the last part. */
  secondImage?: object
  /** Every vertex is half as bright. */
  colors?: boolean
  transform?: object
}

/** A glTF of textured triangles, each a little higher than the one before, with its buffer in it. */
export function textured ({ parts, image, secondImage, colors = false, transform }: TexturedSettings): string {
  const positions = Buffer.from(Float32Array.from(Array.from({ length: parts }, (_, i) => [0, 0, 0, 1, 0, 0, 0, 1 + i / 100, 0]).flat()).buffer)
  const uvs = Buffer.from(new Float32Array([0, 0, 1, 0, 0, 1]).buffer)
  const shades = Buffer.from(new Float32Array(9).fill(0.5).buffer)
  const data = Buffer.concat([positions, uvs, shades])
  const primitive = (material: number, part: number) => ({ attributes: { POSITION: 3 + part, TEXCOORD_0: 1, ...colors ? { COLOR_0: 2 } : {} }, material })
  const material = (index: number) => ({ pbrMetallicRoughness: { metallicFactor: 0.75, roughnessFactor: 0.25, baseColorTexture: { index, ...transform ? { extensions: { KHR_texture_transform: transform } } : {} } } })
  return JSON.stringify({
    asset: { version: '2.0' },
    extensionsUsed: transform ? ['KHR_texture_transform'] : [],
    scenes: [{ nodes: Array.from({ length: parts }, (_, i) => i) }],
    nodes: Array.from({ length: parts }, (_, i) => ({ mesh: i, translation: [i * 1.2, 0, 0] })),
    meshes: Array.from({ length: parts }, (_, i) => ({ name: `Tile ${i + 1}`, primitives: [primitive(secondImage && i === parts - 1 ? 1 : 0, i)] })),
    materials: [material(0), ...secondImage ? [material(1)] : []],
    textures: [{ source: 0 }, ...secondImage ? [{ source: 1 }] : []],
    images: [image, ...secondImage ? [secondImage] : []],
    accessors: [
      { bufferView: 0, componentType: 5126, count: 3, type: 'VEC3' },
      { bufferView: 1, componentType: 5126, count: 3, type: 'VEC2' },
      { bufferView: 2, componentType: 5126, count: 3, type: 'VEC3' },
      ...Array.from({ length: parts }, (_, i) => ({ bufferView: 0, byteOffset: i * 36, componentType: 5126, count: 3, type: 'VEC3' }))
    ],
    bufferViews: [{ buffer: 0, byteLength: positions.length }, { buffer: 0, byteOffset: positions.length, byteLength: 24 }, { buffer: 0, byteOffset: positions.length + 24, byteLength: 36 }],
    buffers: [{ byteLength: data.length, uri: `data:application/octet-stream;base64,${data.toString('base64')}` }]
  })
}
