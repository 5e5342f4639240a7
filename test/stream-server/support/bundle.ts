import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Bundles the stream server's programs from source into `folder`, with the options of scripts/build.mjs. */
export async function bundle (folder: string, ...programs: ('main' | 'prepare')[]): Promise<{ main: string, prepare: string }> {
  await build({
    absWorkingDir: root,
    entryPoints: programs.map(program => `src/stream-server/${program}.ts`),
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outExtension: { '.js': '.mjs' },
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    external: ['sharp', 'bufferutil', 'utf-8-validate'],
    logLevel: 'warning'
  })
  for (const program of programs) chmodSync(join(folder, `${program}.mjs`), 0o755)
  return { main: join(folder, 'main.mjs'), prepare: join(folder, 'prepare.mjs') }
}

/** The sample model's folder. */
export const modelsFolder = join(root, 'models')
