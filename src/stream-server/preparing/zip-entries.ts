import { unzipSync } from 'fflate'
import { UnreadableModel } from './unreadable.ts'

/** Deflate makes nothing smaller than this. */
const mostCompression = 1040
const mostEntries = 10_000

/** The entries of a zip archive that `wanted` names, unpacked. Throws `UnreadableModel` when it is broken, or unpacks to more than `mostBytes`. */
export function zipEntries (bytes: Buffer, wanted: (name: string) => boolean, mostBytes: number): Map<string, Buffer> {
  let total = 0
  let count = 0
  try {
    const entries = unzipSync(bytes, {
      filter: ({ name, size, originalSize }) => {
        if (++count > mostEntries) throw new UnreadableModel(`The archive has more than ${mostEntries} entries.`)
        if (!wanted(name)) return false
        total += originalSize
        if (total > mostBytes) throw new UnreadableModel(`The model is too large: unpacked, it has more than ${mostBytes / 2 ** 20} MiB.`)
        if (originalSize > 4096 + size * mostCompression || size > bytes.length) throw new UnreadableModel('The archive is broken: it claims more data than it has.')
        return true
      }
    })
    return new Map(Object.entries(entries).map(([name, entry]) => [name, Buffer.from(entry.buffer, entry.byteOffset, entry.length)]))
  } catch (error) {
    if (error instanceof UnreadableModel) throw error
    throw new UnreadableModel('The archive is broken or truncated.', { cause: error })
  }
}
