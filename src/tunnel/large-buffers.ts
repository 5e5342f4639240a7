/** Half a megabyte: fewer system calls for each gigabyte, and what was read is still in the processor's cache when it is written. */
const size = 512 * 1024
/** How many are kept for the next who needs one; memory that was used before costs no page faults. */
const mostKept = 4

const kept: Buffer[] = []

/** Read buffers of connections that are busy now. One that is not given back is forgotten. */
export const largeBuffers = {
  size,
  take: (): Buffer => kept.pop() ?? Buffer.allocUnsafeSlow(size),
  give (buffer: Buffer): void {
    if (kept.length < mostKept) kept.push(buffer)
  }
}
