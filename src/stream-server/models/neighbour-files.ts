import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { isInside } from './catalogue.ts'

/** More files beside it no model names. */
export const mostNeighbours = 1000

/**
 * Where a file lies that a model names beside itself, as a real path. `name` may lead into folders below.
 * Throws when it is missing or lies outside the model's own folder: a model must not be able to read the machine.
 */
export async function neighbourFile (folder: string, name: string): Promise<string> {
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name
  const outside = () => new Error(`the file "${shown}" it needs lies outside its folder`)
  if (/^[a-z][a-z0-9+.-]*:/i.test(name) || name.includes('\0')) throw outside()
  const home = await realpath(folder)
  const file = await realpath(join(home, name)).catch(() => { throw new Error(`the file "${shown}" it needs is missing`) })
  if (!isInside(home, file)) throw outside()
  return file
}
