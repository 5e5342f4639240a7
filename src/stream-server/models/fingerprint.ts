import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { neighbourFiles } from './neighbour-files.ts'
import { packFormat } from './pack-format.ts'

/**
 * Names what a model file and the files beside it contain: equal content, equal name. A `.glb` that was named before and was not
 * touched since is known by its inode and times, noted in the folder `notes`, and not read again.
 */
export async function fingerprint (file: string, notes: string): Promise<string> {
  if (extname(file).toLowerCase() === '.gltf') {
    const neighbours = await neighbourFiles(dirname(file), await readJson(file))
    return await contentName([file, ...neighbours.map(neighbour => neighbour.file)])
  }
  const note = join(notes, await identity(file))
  const noted = await readFile(note, 'utf8').catch(() => '')
  if (/^[0-9a-f]{40}$/.test(noted)) return noted
  const name = await contentName([file])
  // A note that cannot be written costs time later, nothing else.
  await mkdir(notes, { recursive: true, mode: 0o700 }).then(() => writeFile(note, name)).catch(() => {})
  return name
}

async function contentName (files: string[]): Promise<string> {
  const hash = createHash('sha256').update(`pack ${packFormat}\n`)
  for (const file of files) {
    for await (const bytes of createReadStream(file, { highWaterMark: 1 << 18 })) hash.update(bytes as Buffer)
  }
  return hash.digest('hex').slice(0, 40)
}

/** Changes whenever the file is written or replaced. */
async function identity (file: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
  return createHash('sha256').update(`pack ${packFormat} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`).digest('hex').slice(0, 40)
}

/** The document, or an empty one when it is not JSON: preparation will say so. */
async function readJson (file: string): Promise<{ buffers?: { uri?: string }[] }> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { buffers?: { uri?: string }[] }
  } catch {
    return {}
  }
}
