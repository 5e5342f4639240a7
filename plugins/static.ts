import { realpathSync } from 'node:fs'
import { extname, join, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'

/**
 * Serves the page and, for development, folders with HWV assets: right types, ranges, ETag; no listing, no dotfiles, no way out of the
 * folders. In production a web server does this better.
 */
export interface StaticOptions {
  /** Absolute path of the folder with the page; null: it is not served here. */
  publicDir: string | null
  /** Absolute paths, tried in order after the page. */
  dirs: readonly string[]
  /** Origin whose pages may frame `embed.html`, beside our own; `*`: any, empty: none. */
  framedBy: string
}

const types: Readonly<Record<string, string>> = {
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
  '.scs': 'application/octet-stream',
  '.scz': 'application/octet-stream',
  '.hsf': 'application/octet-stream',
  '.glb': 'model/gltf-binary'
}

/** For what we bring ourselves only: others' pages bring their own. */
const pagePolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; worker-src blob:; style-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"

/** For our page with the HOOPS Web Viewer, which evaluates code, works in blobs and styles what it makes. */
const hoopsPolicy = "default-src 'self'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval'; connect-src 'self' data: blob: ws: wss:; img-src 'self' data: blob:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"

const staticFiles: FastifyPluginAsync<StaticOptions> = async (app, { publicDir, dirs, framedBy }) => {
  const roots = publicDir === null ? dirs : [publicDir, ...dirs]
  if (roots.length === 0) return
  const policies: Readonly<Record<string, string>> = publicDir === null
    ? {}
    : { [join(publicDir, 'hwv.html')]: hoopsPolicy, [join(publicDir, 'embed.html')]: pagePolicy.replace("frame-ancestors 'self'", `$& ${framedBy}`.trimEnd()) }
  await app.register(fastifyStatic, {
    root: [...roots],
    dotfiles: 'ignore',
    index: 'index.html',
    list: false,
    cacheControl: true,
    maxAge: 0,
    // A symbolic link may point anywhere; what it points to must still be inside.
    allowedPath: (path, root) => !path.startsWith('/api/') && typeof root === 'string' && staysInside(root, path),
    setHeaders: (reply, path) => {
      const type = types[extname(path).toLowerCase()]
      if (type !== undefined) void reply.header('content-type', type)
      void reply.header('x-content-type-options', 'nosniff')
      if (publicDir !== null && path.startsWith(publicDir + sep)) void reply.header('content-security-policy', policies[path] ?? pagePolicy)
    }
  })
  app.addHook('onReady', async () => {
    // Whoever has the page has the folders too, on the other port: once is enough.
    if (dirs.length > 0 && publicDir !== null) app.log.warn({ dirs }, 'serving files for browsers: meant for development; in production let nginx or another web server do it')
  })
}

/** Whether what `path` leads to, links resolved, is inside `root`. What is not there at all is for others to say. */
function staysInside (root: string, path: string): boolean {
  try {
    const real = realpathSync(root)
    const target = realpathSync(join(root, path))
    return target === real || target.startsWith(real + sep)
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
  }
}

export default staticFiles
