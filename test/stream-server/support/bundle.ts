import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../../../', import.meta.url))

export interface Programs {
  main: string
  export: string
  prepare: string
  render: string
  /** For tests alone: `painting-program.ts`. */
  painting: string
}

let built: Promise<Programs> | null = null

/** The stream server's programs, bundled from source with the options of scripts/build.mjs, once per test file. They go when it ends. */
export function programs (): Promise<Programs> {
  built ??= bundle(mkdtempSync(join(tmpdir(), 'stream-server-programs-')))
  return built
}

async function bundle (folder: string): Promise<Programs> {
  process.once('exit', () => { rmSync(folder, { recursive: true, force: true }) })
  await build({
    absWorkingDir: root,
    entryPoints: {
      ...Object.fromEntries(['main', 'export', 'prepare', 'prepare-guard', 'render', 'unpack'].map(name => [name, `src/stream-server/${name}.ts`])),
      painting: 'test/stream-server/support/painting-program.ts'
    },
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outExtension: { '.js': '.mjs' },
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    external: ['sharp', 'bufferutil', 'utf-8-validate', 'draco3dgltf', 'occt-import-js', 'webgpu'],
    logLevel: 'warning'
  })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction') // for what is not bundled
  const made = { main: join(folder, 'main.mjs'), export: join(folder, 'export.mjs'), prepare: join(folder, 'prepare.mjs'), render: join(folder, 'render.mjs'), painting: join(folder, 'painting.mjs') }
  for (const program of Object.values(made)) chmodSync(program, 0o755)
  return made
}

/** The sample model's folder. */
export const modelsFolder = join(root, 'models')
