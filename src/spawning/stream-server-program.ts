import { basename, join, resolve } from 'node:path'
import { childEnvironment, type CommonArguments, type StreamServerProgram } from './command-line.ts'
import type { SingleFilesOptions } from './single-files.ts'

/**
 * Has the GNU C library give buffers of pictures and files back to the system when they are freed, whatever the sizes of those before, and keep small ones in two places, not in one for
 * each thread; others do not know it.
 */
export const givingBack = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_ARENA_MAX: '2' }

/**
 * The program to start for every viewer: the real one where its path is set, else the embedded one. From here on nobody asks which.
 *
 * @param executable path of `ts3d_sc_server`, or empty
 * @param packageDir where the embedded one was built
 * @param host address the embedded one listens on
 * @param tls what it serves its viewers with; null: plain ws
 * @param trusted file with the certificates by which the embedded one verifies us when it reports by https; null: it does not report so
 */
export function streamServerProgram (executable: string, packageDir: string, host: string, tls: { certificateFile: string, keyFile: string } | null = null, trusted: string | null = null): StreamServerProgram {
  const secured = tls === null ? {} : { tls }
  if (executable !== '') return { kind: 'ts3d_sc_server', name: basename(executable), executable: resolve(executable), options: 'official', keepsSeat: false, samples: [], leading: [], renderers: ['csr', 'ssr'], ...secured }
  return {
    kind: 'embedded',
    name: 'slipway-stream-server',
    options: 'own',
    keepsSeat: true,
    samples: [join(packageDir, 'models')],
    executable: process.execPath,
    leading: [join(packageDir, 'dist', 'stream-server', 'main.mjs'), '--sc-host', host],
    renderers: ['csr', 'ssr'],
    ...secured,
    environment: { ...givingBack, ...trusted === null ? {} : { NODE_EXTRA_CA_CERTS: trusted } }
  }
}

/**
 * What makes a single file of a model, and where it puts it; `null` where the stream server is none of ours.
 *
 * @param handedOn variables for its environment
 */
export function singleFileProgram (program: StreamServerProgram, packageDir: string, { modelDirs, workspaceDir, modelCacheBytes = 0 }: Pick<CommonArguments, 'modelDirs' | 'workspaceDir' | 'modelCacheBytes'>, handedOn: Record<string, string>): { program: SingleFilesOptions['program'], packs: string, fileName: string } | null {
  if (program.options !== 'own') return null
  return {
    program: {
      executable: program.executable,
      leading: [join(packageDir, 'dist', 'stream-server', 'export.mjs')],
      trailing: [modelDirs.join(';'), workspaceDir, String(modelCacheBytes)],
      env: childEnvironment(program, { display: undefined, egl: false, handedOn })
    },
    packs: join(workspaceDir, 'packs'),
    fileName: 'single-1.glb'
  }
}
