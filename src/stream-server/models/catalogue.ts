import { readdir, realpath } from 'node:fs/promises'
import { extname, join, relative, isAbsolute, sep } from 'node:path'
import { modelExtensions } from './model-extensions.ts'

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

  /** Real path of the file `<name>` with a known extension, in small letters or large ones, or `null`. A link that leads out of its directory does not count. */
  async find (name: string): Promise<string | null> {
    if (!isBareName(name)) return null
    for (const directory of this.#directories) {
      const home = await realpath(directory).catch(() => null)
      if (home === null) continue
      const rank = (entry: string) => modelExtensions.indexOf(extname(entry).toLowerCase())
      const entries = (await readdir(home).catch(() => [])).filter(entry => entry.slice(0, -extname(entry).length) === name && rank(entry) >= 0)
      for (const entry of entries.sort((a, b) => rank(a) - rank(b) || (a < b ? 1 : -1))) {
        const file = await realpath(join(home, entry)).catch(() => null)
        if (file !== null && isInside(home, file)) return file
      }
    }
    return null
  }
}
