import { realpath, stat } from 'node:fs/promises'
import { resolve, sep } from 'node:path'

export type Confined = { status: 'confined', directories: string[] } | { status: 'refused', problems: string[] }

/**
 * Folders a caller wants searched, held to the configured ones: symbolic links are resolved first, and what is not inside one of
 * `roots` is refused, as is `;`, which would smuggle in another folder; where they may be `anywhere`, they are only made absolute. Answers the resolved paths in the caller's order.
 */
export async function confineDirectories (asked: readonly string[], roots: readonly string[] | 'anywhere'): Promise<Confined> {
  if (asked.length === 0) return { status: 'confined', directories: [] }
  if (roots === 'anywhere') return { status: 'confined', directories: asked.map(directory => resolve(directory)) }
  const realRoots = (await Promise.all(roots.map(resolved))).filter(root => root !== undefined)
  const real = await Promise.all(asked.map(resolved))
  const problems = asked.flatMap((directory, index) => {
    const path = real[index]
    return path !== undefined && realRoots.some(root => isInside(path, root))
      ? []
      : [`params.modelSearchDirectories.${index}: ${JSON.stringify(directory)} is not a folder inside a configured model folder`]
  })
  return problems.length > 0 ? { status: 'refused', problems } : { status: 'confined', directories: real.filter(path => path !== undefined) }
}

/** The real path of a folder that can stand in a list joined by `;`. */
async function resolved (directory: string): Promise<string | undefined> {
  try {
    const path = await realpath(resolve(directory))
    return !path.includes(';') && (await stat(path)).isDirectory() ? path : undefined
  } catch {
    return undefined
  }
}

function isInside (path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}
