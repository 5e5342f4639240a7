/** What the head of an image file claims. */
export interface ImageHead {
  width: number
  height: number
  mimeType: 'image/png' | 'image/jpeg'
}

/** Width and height as the head of the file has them, before anything is made for its pixels; `null` when it is neither PNG nor JPEG. */
export function imageHead (bytes: Uint8Array): ImageHead | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length > 24 && view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a && view.getUint32(12) === 0x49484452) return { width: view.getUint32(16), height: view.getUint32(20), mimeType: 'image/png' }
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null
  for (let at = 2; at + 9 < bytes.length;) {
    const marker = view.getUint16(at)
    if (marker < 0xff01) return null
    // A start of frame; the three in between are tables.
    if (marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5), mimeType: 'image/jpeg' }
    at += marker === 0xffff ? 1 : 2 + view.getUint16(at + 2)
  }
  return null
}
