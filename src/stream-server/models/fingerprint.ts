import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mostNeighbours, neighbourFile } from './neighbour-files.ts'
import { packFormat } from './pack-format.ts'

/** What a model was made of: the hash of its file, and of every file beside it that it names (`null`: it is missing). */
export interface Sources {
  content: string
  neighbours: [name: string, content: string | null][]
}

/** Largest model file, and most bytes of all files of a model. */
export const mostModelBytes = 2 ** 30

const mostNoteBytes = 1 << 18

/** Equal sources, equal name; a name is 40 hexadecimal digits. */
export function packName ({ content, neighbours }: Sources): string {
  return hashOf(JSON.stringify([packFormat, content, [...neighbours].sort(([a], [b]) => a < b ? -1 : 1)]))
}

export const hashOf = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 40)

/**
 * The sources of a model file as they are now. Which files it names beside itself is known once it has been prepared (`noteNeighbours`); nothing is parsed here.
 * Rejects when the file cannot be read, is none, or is too large.
 */
export async function sourcesOf (file: string, notes: string): Promise<Sources> {
  const content = await contentOf(file, notes)
  const names = await neighboursNoted(content, notes)
  const neighbours = await Promise.all(names.map(async (name): Promise<[string, string | null]> =>
    [name, await neighbourFile(dirname(file), name).then(path => contentOf(path, notes)).catch(() => null)]))
  return { content, neighbours }
}

/** Keeps in mind which files a model names. Failing costs time later, nothing else. */
export async function noteNeighbours ({ content, neighbours }: Sources, notes: string): Promise<void> {
  if (neighbours.length > 0) await note(join(notes, `n-${content}`), JSON.stringify(neighbours.map(([name]) => name)))
}

async function neighboursNoted (content: string, notes: string): Promise<string[]> {
  try {
    const path = join(notes, `n-${content}`)
    if ((await stat(path)).size > mostNoteBytes) return []
    const names = JSON.parse(await readFile(path, 'utf8')) as unknown
    return Array.isArray(names) ? names.filter(name => typeof name === 'string').slice(0, mostNeighbours) : []
  } catch {
    return []
  }
}

/** The hash of a file's bytes. A file that was read before and was not touched since is known by its inode and times, and not read again. */
async function contentOf (file: string, notes: string): Promise<string> {
  const before = await identity(file)
  const path = join(notes, before)
  const noted = await readFile(path, 'utf8').catch(() => '')
  if (/^[0-9a-f]{40}$/.test(noted)) return noted
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(file, { highWaterMark: 1 << 18 })) hash.update(bytes as Buffer)
  const content = hash.digest('hex').slice(0, 40)
  if (await identity(file) === before) await note(path, content)
  return content
}

/** Changes whenever the file is written or replaced. */
async function identity (file: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs, isFile } = await stat(file, { bigint: true }).then(stats => ({ ...stats, isFile: stats.isFile() }))
  if (!isFile) throw new Error('it is not a file')
  if (size > mostModelBytes) throw new Error(`it has more than ${mostModelBytes / 2 ** 30} GiB`)
  return hashOf(`file ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`)
}

async function note (path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 }).then(() => writeFile(path, text)).catch(() => {})
}
