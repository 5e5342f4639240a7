import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, resolve } from 'node:path'

export type Confined = { status: 'confined', directories: string[] } | { status: 'refused', problems: string[] }

/**
 * Folders a caller wants searched, held to the configured ones: symbolic links are resolved first, and what is not inside one of
 * `roots` is refused, as is `;`, which would smuggle in another folder. Answers the resolved paths in the caller's order.
 */
export async function confineDirectories (asked: readonly string[], roots: readonly string[]): Promise<Confined> {
  if (asked.length === 0) return { status: 'confined', directories: [] }
  const realRoots = (await Promise.all(roots.map(resolved))).filter(root => root !== undefined)
  const real = await Promise.all(asked.map(directory => directory.includes(';') ? undefined : resolved(directory)))
  const problems = asked.flatMap((directory, index) => {
    const path = real[index]
    return path !== undefined && realRoots.some(root => isInside(path, root))
      ? []
      : [`params.modelSearchDirectories.${index}: ${JSON.stringify(directory)} is not a folder inside a configured model folder`]
  })
  return problems.length > 0 ? { status: 'refused', problems } : { status: 'confined', directories: real.filter(path => path !== undefined) }
}

async function resolved (path: string): Promise<string | undefined> {
  return await realpath(resolve(path)).catch(() => undefined)
}

function isInside (path: string, root: string): boolean {
  const way = relative(root, path)
  return !way.startsWith('..') && !isAbsolute(way)
}
