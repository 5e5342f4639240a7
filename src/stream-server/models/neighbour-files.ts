import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { isInside } from './catalogue.ts'

/** A file that a `.gltf` names, and where it lies. */
export interface NeighbourFile {
  uri: string
  file: string
}

/**
 * The buffer files that a glTF document names beside itself. Embedded data is left out.
 * Throws when one is missing or lies outside the document's own folder: a model must not be able to read the machine.
 */
export async function neighbourFiles (folder: string, json: { buffers?: { uri?: string }[] }): Promise<NeighbourFile[]> {
  const uris = (json.buffers ?? []).map(buffer => buffer.uri).filter(uri => uri !== undefined && !uri.startsWith('data:')) as string[]
  const home = await realpath(folder)
  return await Promise.all([...new Set(uris)].map(async uri => {
    const name = decodeURIComponent(uri)
    const file = await realpath(join(home, name)).catch(() => { throw new Error(`the file "${uri}" it needs is missing`) })
    if (/^[a-z][a-z0-9+.-]*:/i.test(uri) || !isInside(home, file)) throw new Error(`the file "${uri}" it needs lies outside its folder`)
    return { uri, file }
  }))
}
