import { randomUUID } from 'node:crypto'
import { readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDead, self } from './owner.ts'

const useMark = '.used-'
const draftMark = '.draft-'
/** For what is known only by its age: drafts of other machines, refusals, notes. */
const dayMs = 86_400_000

/** A folder for a pack that is being made; it is this process's own. */
export const draftName = (): string => `${draftMark}${self}-${randomUUID()}`

/** Marks the pack in `folder` as used now, and as in use until the answer is called. What cannot be marked is used all the same. */
export async function mark (folder: string): Promise<() => Promise<void>> {
  const file = join(folder, `${useMark}${self}-${randomUUID().slice(0, 8)}`)
  await writeFile(file, '').catch(() => {}) // which moves the folder's time too
  return async () => { await rm(file, { force: true }).catch(() => {}) }
}

/** Takes away what killed processes left in the workspace: drafts, locks, marks; and notes that nobody has needed for a month. */
export async function sweep (packs: string, notes: string, now: number): Promise<void> {
  for (const name of await readdir(packs)) {
    if (!name.startsWith('.')) continue
    const { mtimeMs } = await stat(join(packs, name)).catch(() => ({ mtimeMs: Infinity }))
    if (isDead(name) || now - mtimeMs > dayMs) await rm(join(packs, name), { recursive: true, force: true })
  }
  for (const name of await readdir(notes).catch(() => [])) {
    const { mtimeMs } = await stat(join(notes, name)).catch(() => ({ mtimeMs: Infinity }))
    if (now - mtimeMs > 30 * dayMs) await rm(join(notes, name), { force: true })
  }
}

/** Takes packs away, those opened longest ago first, until the rest has no more than `most` bytes. One that is in use stays. */
export async function evict (packs: string, most: number): Promise<void> {
  const found: { name: string, opened: number, bytes: number, used: boolean }[] = []
  for (const name of await readdir(packs)) {
    if (!/^[0-9a-f]{40}$/.test(name)) continue
    const opened = await stat(join(packs, name)).catch(() => null)
    if (opened?.isDirectory() !== true) continue
    let bytes = 0
    let used = false
    let cleaned = false
    for (const entry of await readdir(join(packs, name)).catch(() => [])) {
      bytes += (await stat(join(packs, name, entry)).catch(() => ({ size: 0 }))).size
      if (!entry.startsWith(useMark)) continue
      if (!isDead(entry)) used = true
      else cleaned = await rm(join(packs, name, entry), { force: true }).then(() => true)
    }
    if (cleaned) await utimes(join(packs, name), opened.atime, opened.mtime).catch(() => {})
    found.push({ name, opened: opened.mtimeMs, bytes, used })
  }
  let total = found.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const { name, bytes, used } of found.sort((a, b) => a.opened - b.opened)) {
    if (total <= most) return
    if (used) continue
    // Out of sight first, so that nobody opens half of it.
    const aside = join(packs, draftName())
    if (!await rename(join(packs, name), aside).then(() => true, () => false)) continue
    await rm(aside, { recursive: true, force: true }).catch(() => {})
    total -= bytes
  }
}
