import { realpath } from 'node:fs/promises'
import { join, relative, isAbsolute, sep } from 'node:path'

const extensions = ['.glb', '.gltf']

/** Whether `file` lies in `folder` or below it. Both must be real paths. */
export function isInside (folder: string, file: string): boolean {
  const way = relative(folder, file)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** A name without folder parts, the only kind a viewer may ask for. */
export function isBareName (name: string): boolean {
  return name.length > 0 && name.length <= 200 && !name.startsWith('.') && !/[/\\:\p{Cc}]/u.test(name)
}

/** The models in the search directories, looked up by bare name; the first directory that has one wins. */
export class Catalogue {
  #directories: string[]

  constructor (directories: string[]) {
    this.#directories = directories
  }

  /** Real path of `<name>.glb` or `<name>.gltf`, or `null`. A link that leads out of its directory does not count. */
  async find (name: string): Promise<string | null> {
    if (!isBareName(name)) return null
    for (const directory of this.#directories) {
      const home = await realpath(directory).catch(() => null)
      if (home === null) continue
      for (const extension of extensions) {
        const file = await realpath(join(home, name + extension)).catch(() => null)
        if (file !== null && isInside(home, file)) return file
      }
    }
    return null
  }
}
