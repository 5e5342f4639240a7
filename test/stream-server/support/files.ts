import { zipSync, strToU8 } from 'fflate'

/** A box from `low` to `high` as triangles, outside counter-clockwise. */
export function box (low: number[] = [0, 0, 0], high: number[] = [10, 20, 30]): { points: number[][], triangles: number[][] } {
  const points = Array.from({ length: 8 }, (_, i) => [0, 1, 2].map(k => (i >> k & 1 ? high[k] : low[k]) ?? 0))
  return { points, triangles: [[0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6], [0, 1, 4], [1, 5, 4], [2, 6, 3], [3, 6, 7], [0, 4, 2], [2, 4, 6], [1, 3, 5], [3, 7, 5]] }
}

export function stlText (...boxes: ReturnType<typeof box>[]): string {
  return boxes.map(({ points, triangles }, i) => [`solid Box ${i + 1}`, ...triangles.flatMap(corners =>
    ['facet normal 0 0 0', ' outer loop', ...corners.map(corner => `  vertex ${points[corner]?.join(' ') ?? ''}`), ' endloop', 'endfacet']), `endsolid Box ${i + 1}`].join('\n')).join('\n')
}

export function stlBinary ({ points, triangles }: ReturnType<typeof box>, title = 'made for a test'): Buffer {
  const bytes = Buffer.alloc(84 + 50 * triangles.length)
  bytes.write(title)
  bytes.writeUInt32LE(triangles.length, 80)
  for (const [i, corners] of triangles.entries()) {
    for (const [c, corner] of corners.entries()) for (let k = 0; k < 3; k++) bytes.writeFloatLE(points[corner]?.[k] ?? 0, 84 + i * 50 + 12 + c * 12 + k * 4)
  }
  return bytes
}

export function plyText ({ points, triangles }: ReturnType<typeof box>, color = '255 0 0'): string {
  return ['ply', 'format ascii 1.0', 'comment made for a test', `element vertex ${points.length}`, ...['x', 'y', 'z'].map(axis => `property float ${axis}`),
    ...['red', 'green', 'blue'].map(name => `property uchar ${name}`), `element face ${triangles.length}`, 'property list uchar int vertex_indices', 'end_header',
    ...points.map(point => `${point.join(' ')} ${color}`), ...triangles.map(corners => `3 ${corners.join(' ')}`), ''].join('\n')
}

export function plyBinary ({ points, triangles }: ReturnType<typeof box>, big = false): Buffer {
  const head = Buffer.from(['ply', `format binary_${big ? 'big' : 'little'}_endian 1.0`, `element vertex ${points.length}`, ...['x', 'y', 'z'].map(axis => `property double ${axis}`),
    `element face ${triangles.length}`, 'property uchar flags', 'property list uchar uint vertex_index', 'end_header', ''].join('\n'))
  const body = Buffer.alloc(points.length * 24 + triangles.length * 14)
  const double = (value: number, at: number) => big ? body.writeDoubleBE(value, at) : body.writeDoubleLE(value, at)
  const int = (value: number, at: number) => big ? body.writeUInt32BE(value, at) : body.writeUInt32LE(value, at)
  for (const [i, point] of points.entries()) for (const [k, value] of point.entries()) double(value, i * 24 + k * 8)
  for (const [i, corners] of triangles.entries()) {
    body[points.length * 24 + i * 14 + 1] = 3
    for (const [k, corner] of corners.entries()) int(corner, points.length * 24 + i * 14 + 2 + k * 4)
  }
  return Buffer.concat([head, body])
}

export function objText (groups: { name: string, material: string, box: ReturnType<typeof box> }[]): string {
  let before = 1
  return ['# made for a test, units: mm', 'mtllib looks.mtl', ...groups.flatMap(({ name, material, box: { points, triangles } }) => {
    const from = before
    before += points.length
    return [...points.map(point => `v ${point.join(' ')}`), `o ${name}`, `usemtl ${material}`, ...triangles.map(corners => `f ${corners.map(corner => corner + from).join(' ')}`)]
  }), ''].join('\n')
}

/** A box that an assembly holds twice, the second one turned and moved, in two colours. */
export function threeMf ({ points, triangles }: ReturnType<typeof box>, model = modelXml(points, triangles)): Buffer {
  return Buffer.from(zipSync({
    '[Content_Types].xml': strToU8('<Types/>'),
    '_rels/.rels': strToU8('<?xml version="1.0"?><Relationships><Relationship Target="/3D/part.model" Id="r" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'),
    '3D/part.model': strToU8(model)
  }))
}

function modelXml (points: number[][], triangles: number[][]): string {
  return `<?xml version="1.0" encoding="UTF-8"?><!-- <object> --><model unit="centimeter" xmlns="x"><metadata name="a">1 &gt; 0</metadata><resources>
    <basematerials id="1"><base name="Red" displaycolor="#FF0000"/><base name="Glass" displaycolor="#0000FF80" /></basematerials>
    <object id="2" name="Brick &amp; co" pid="1" pindex="0"><mesh><vertices>${points.map(([x, y, z]) => `<vertex x="${x}" y="${y}" z="${z}"/>`).join('')}</vertices>
    <triangles>${triangles.map(([a, b, c], i) => `<triangle v1="${a}" v2='${b}' v3="${c}"${i < 2 ? ' pid="1" p1="1"' : ''} />`).join('')}</triangles></mesh></object>
    <object id="3" name="Pair"><components><component objectid="2"/><component objectid="2" transform="0 1 0 -1 0 0 0 0 1 100 0 0"/></components></object>
    </resources><build><item objectid="3" transform="1 0 0 0 1 0 0 0 1 0 0 5"/></build></model>`
}
