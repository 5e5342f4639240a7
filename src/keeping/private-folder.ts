import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from '../folder.ts'

/** Bytes of the longest path that a UNIX socket can have on Linux, less the name of one in the folder. */
const longest = 107 - '/launcher-00000000.sock'.length

/** Makes a folder that nobody else may enter; why that cannot be had, in words, or `null`. */
export function privateFolderProblem (folder: string): string | null {
  if (Buffer.byteLength(folder) > longest) return `${folder} is too long a path for a socket in it: ${longest} bytes at most`
  try {
    makeFolder(dirname(folder))
    // Not `recursive`: that says of a file system that is read-only that the folder is not there.
    if (statSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o700 })
    const { uid, mode } = statSync(folder)
    if (uid !== process.getuid?.()) return `${folder} belongs to another user`
    return (mode & 0o077) === 0 ? null : `${folder} may be entered by others; chmod 700 ${folder}`
  } catch (error) {
    return `${folder} cannot be made (${(error as NodeJS.ErrnoException).code})`
  }
}

/** A key that is the same for every service with this folder: the one that lies there, or a new one. @throws NodeJS.ErrnoException */
export function keyIn (folder: string): string {
  const path = join(folder, 'token.key')
  try {
    writeFileSync(path, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(path, 'utf8')
}
