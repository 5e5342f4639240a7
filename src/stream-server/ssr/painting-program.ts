import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { GpuWish } from './gpu/gpu.ts'

/** Where the bundled `render.mjs` is, with what it is to paint with in the query. */
export function programAddress (file: URL, { index, software }: Pick<GpuWish, 'software'> & { index: GpuWish['index'] | 'none' }): string {
  const address = new URL(file)
  if (index !== null) address.searchParams.set('gpu', String(index))
  if (software) address.searchParams.set('software', 'true')
  return address.href
}

/** Takes such an address apart. A plain path will do: then the first GPU is asked for. The wish is a sentence's end where none is to be looked for. */
export function programOf (program: string): { path: string, wish: GpuWish | string } {
  if (!program.startsWith('file:')) return { path: program, wish: { index: null, software: false } }
  const { searchParams } = new URL(program)
  const index = searchParams.get('gpu')
  if (index === 'none') return { path: fileURLToPath(program), wish: 'no GPU is wanted' }
  return { path: fileURLToPath(program), wish: { index: index === null ? null : Number(index), software: searchParams.has('software') } }
}

/** Where the program is, beside it, that unpacks textures. */
export const unpackingProgramOf = (program: string): string => join(dirname(programOf(program).path), 'unpack.mjs')
