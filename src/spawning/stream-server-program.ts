import { join, resolve } from 'node:path'
import type { StreamServerProgram } from './command-line.ts'

/**
 * The program to start for every viewer: the real one where its path is set, else the embedded one. From here on nobody asks which.
 *
 * @param executable path of `ts3d_sc_server`, or empty
 * @param packageDir where the embedded one was built
 * @param host address the embedded one listens on
 */
export function streamServerProgram (executable: string, packageDir: string, host: string): StreamServerProgram {
  if (executable !== '') return { kind: 'ts3d_sc_server', executable: resolve(executable), leading: [], renderers: ['csr', 'ssr'] }
  return {
    kind: 'embedded',
    executable: process.execPath,
    leading: [join(packageDir, 'dist', 'stream-server', 'main.mjs'), '--sc-host', host],
    renderers: ['csr']
  }
}
