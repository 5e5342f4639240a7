import { opendir } from 'node:fs/promises'
import { extname } from 'node:path'

/** Endings of the files that each kind of stream server shows, in small letters. */
export const modelEndings = {
  embedded: ['.glb', '.gltf', '.step', '.stp', '.iges', '.igs', '.brep', '.3mf', '.obj', '.ply', '.stl'],
  ts3d_sc_server: ['.sc', '.scz']
} as const satisfies Record<string, readonly string[]>

/** The name under which a file is shown, or `null` when it is no model. */
export function modelName (file: string, endings: readonly string[]): string | null {
  const ending = extname(file)
  return !file.startsWith('.') && endings.includes(ending.toLowerCase()) ? file.slice(0, -ending.length) : null
}

/** Entries of a folder that are looked at; what comes after is not seen. */
export const mostEntries = 200_000

/** The models among a folder's files, by file. `cut` tells that the folder has more than is looked at. Rejects when it cannot be read. */
export async function modelFiles (folder: string, endings: readonly string[], most = mostEntries): Promise<{ files: Map<string, string>, cut: boolean }> {
  const files = new Map<string, string>()
  let looked = 0
  for await (const { name: file } of await opendir(folder, { bufferSize: 256 })) {
    if (looked++ === most) return { files, cut: true }
    const name = modelName(file, endings)
    if (name !== null) files.set(file, name)
  }
  return { files, cut: false }
}
