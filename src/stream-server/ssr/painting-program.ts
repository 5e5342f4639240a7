import { fileURLToPath } from 'node:url'
import type { GpuWish } from './gpu/gpu.ts'

/** Where the bundled `render.mjs` is, with what it is to paint with in the query. */
export function programAddress (file: URL, { index, software }: GpuWish): string {
  const address = new URL(file)
  if (index !== null) address.searchParams.set('gpu', String(index))
  if (software) address.searchParams.set('software', 'true')
  return address.href
}

/** Takes such an address apart. A plain path will do: then the first GPU is asked for. */
export function programOf (program: string): { path: string, wish: GpuWish } {
  if (!program.startsWith('file:')) return { path: program, wish: { index: null, software: false } }
  const { searchParams } = new URL(program)
  const index = searchParams.get('gpu')
  return { path: fileURLToPath(program), wish: { index: index === null ? null : Number(index), software: searchParams.has('software') } }
}
