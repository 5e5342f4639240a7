const glbMagic = 0x46546C67
const jsonChunk = 0x4E4F534A
const binaryChunk = 0x004E4942

/** A GLB file: its document and its binary chunk. */
export interface GlbFile {
  document: Record<string, unknown>
  binary: Uint8Array<ArrayBuffer>
}

/** Takes a GLB file apart; undefined when it is not a complete one. */
export function readGlb (bytes: ArrayBuffer): GlbFile | undefined {
  const view = new DataView(bytes)
  if (bytes.byteLength < 28 || view.getUint32(0, true) !== glbMagic || view.getUint32(8, true) !== bytes.byteLength || view.getUint32(16, true) !== jsonChunk) return undefined
  const end = 20 + view.getUint32(12, true)
  if (end + 8 > bytes.byteLength || view.getUint32(end + 4, true) !== binaryChunk || view.getUint32(end, true) !== bytes.byteLength - end - 8) return undefined
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 20, end - 20)))
    return typeof document === 'object' && document !== null ? { document: document as GlbFile['document'], binary: new Uint8Array(bytes, end + 8) } : undefined
  } catch {
    return undefined
  }
}

/** The same file with another document. */
export function writeGlb (document: object, binary: Uint8Array): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(document))
  const length = Math.ceil(text.length / 4) * 4
  const made = new Uint8Array(28 + length + binary.length).fill(0x20, 20, 20 + length)
  const view = new DataView(made.buffer)
  for (const [at, value] of [[0, glbMagic], [4, 2], [8, made.length], [12, length], [16, jsonChunk], [20 + length, binary.length], [24 + length, binaryChunk]] as const) view.setUint32(at, value, true)
  made.set(text, 20)
  made.set(binary, 28 + length)
  return made.buffer
}
