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

/** A glTF of textured triangles with its buffer in it. */
export function textured ({ parts, image, secondImage, colors = false, transform }: TexturedSettings): string {
  const positions = Buffer.from(new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0]).buffer)
  const uvs = Buffer.from(new Float32Array([0, 0, 1, 0, 0, 1]).buffer)
  const shades = Buffer.from(new Float32Array(9).fill(0.5).buffer)
  const data = Buffer.concat([positions, uvs, shades])
  const primitive = (material: number) => ({ attributes: { POSITION: 0, TEXCOORD_0: 1, ...colors ? { COLOR_0: 2 } : {} }, material })
  const material = (index: number) => ({ pbrMetallicRoughness: { metallicFactor: 0.75, roughnessFactor: 0.25, baseColorTexture: { index, ...transform ? { extensions: { KHR_texture_transform: transform } } : {} } } })
  return JSON.stringify({
    asset: { version: '2.0' },
    extensionsUsed: transform ? ['KHR_texture_transform'] : [],
    scenes: [{ nodes: Array.from({ length: parts }, (_, i) => i) }],
    nodes: Array.from({ length: parts }, (_, i) => ({ mesh: i, translation: [i * 1.2, 0, 0] })),
    meshes: Array.from({ length: parts }, (_, i) => ({ name: `Tile ${i + 1}`, primitives: [primitive(secondImage && i === parts - 1 ? 1 : 0)] })),
    materials: [material(0), ...secondImage ? [material(1)] : []],
    textures: [{ source: 0 }, ...secondImage ? [{ source: 1 }] : []],
    images: [image, ...secondImage ? [secondImage] : []],
    accessors: [
      { bufferView: 0, componentType: 5126, count: 3, type: 'VEC3' },
      { bufferView: 1, componentType: 5126, count: 3, type: 'VEC2' },
      { bufferView: 2, componentType: 5126, count: 3, type: 'VEC3' }
    ],
    bufferViews: [{ buffer: 0, byteLength: 36 }, { buffer: 0, byteOffset: 36, byteLength: 24 }, { buffer: 0, byteOffset: 60, byteLength: 36 }],
    buffers: [{ byteLength: data.length, uri: `data:application/octet-stream;base64,${data.toString('base64')}` }]
  })
}
