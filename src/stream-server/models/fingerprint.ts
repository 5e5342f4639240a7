import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { neighbourFiles } from './neighbour-files.ts'
import { packFormat } from './pack-format.ts'

/** Names what a model file and the files beside it contain: equal content, equal name. Reads all of it, holds little of it. */
export async function fingerprint (file: string): Promise<string> {
  const hash = createHash('sha256').update(`pack ${packFormat}\n`)
  await feed(file)
  if (extname(file).toLowerCase() === '.gltf') {
    const neighbours = await neighbourFiles(dirname(file), await readJson(file))
    for (const neighbour of neighbours) await feed(neighbour.file)
  }
  return hash.digest('hex').slice(0, 40)

  async function feed (path: string): Promise<void> {
    for await (const bytes of createReadStream(path, { highWaterMark: 1 << 18 })) hash.update(bytes as Buffer)
  }
}

/** The document, or an empty one when it is not JSON: preparation will say so. */
async function readJson (file: string): Promise<{ buffers?: { uri?: string }[] }> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { buffers?: { uri?: string }[] }
  } catch {
    return {}
  }
}
