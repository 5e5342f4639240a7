import { constants } from 'node:fs'
import { access, opendir, stat } from 'node:fs/promises'
import { makeFolder } from './folder.ts'
import { readPair, type PairFiles } from './tls/pair.ts'
import type { CommonArguments, StreamServerProgram } from './spawning/command-line.ts'

/** What the service needs from the file system. All paths are absolute. */
export interface Needs {
  program: StreamServerProgram
  common: Pick<CommonArguments, 'licenseFile' | 'modelDirs' | 'workspaceDir' | 'egl' | 'respawn'>
  /** Null: nothing is encrypted. */
  certificate: PairFiles | null
  /** Null: none is named. */
  authorityFile: string | null
  /** Null: output is not kept. */
  logDir: string | null
  /** Null: no models are taken from outside. */
  uploadDir: string | null
  publicDir: string
  staticDirs: readonly string[]
}

/** Everything that would make every start fail on this `platform`, found before anything is bound: each problem in words. Folders of our own are made. */
export async function preflight ({ program, common, certificate, authorityFile, logDir, uploadDir, publicDir, staticDirs }: Needs, platform = process.platform): Promise<string[]> {
  const [script] = program.leading
  if (uploadDir !== null) await made(uploadDir).catch(() => {}) // It is a model folder too, and may not be there yet.
  const problems = await Promise.all([
    check(runnable(program.executable), `SLIPWAY_STREAM_SERVER: ${program.executable} is not an executable file`),
    ...script !== undefined ? [check(access(script), `the embedded stream server is not built: ${script} is missing; run npm run build`)] : [],
    ...common.licenseFile === null ? [] : [check(access(common.licenseFile, constants.R_OK), `SLIPWAY_LICENSE_FILE: ${common.licenseFile} cannot be read`)],
    ...certificate === null ? [] : [usable(certificate)],
    ...authorityFile === null ? [] : [check(access(authorityFile, constants.R_OK), `SLIPWAY_TLS_CA_FILE: ${authorityFile} cannot be read`)],
    ...common.modelDirs.map(folder => check(readable(folder), `SLIPWAY_MODEL_DIRS: ${folder} cannot be read`)),
    check(made(common.workspaceDir), `SLIPWAY_WORKSPACE_DIR: ${common.workspaceDir} cannot be made`),
    ...logDir === null ? [] : [check(made(logDir), `SLIPWAY_LOG_DIR: ${logDir} cannot be made`)],
    ...uploadDir === null ? [] : [check(access(uploadDir, constants.W_OK), `SLIPWAY_UPLOAD_DIR: ${uploadDir} cannot be written`)],
    check(readable(publicDir), `SLIPWAY_PUBLIC_DIR: ${publicDir} cannot be read`),
    ...staticDirs.map(folder => check(readable(folder), `SLIPWAY_STATIC_DIRS: ${folder} cannot be read`))
  ])
  return [
    ...problems.flat(),
    ...common.egl === true && platform !== 'linux' ? ['SLIPWAY_SSR_EGL: EGL is there on Linux only'] : [],
    ...common.respawn && platform !== 'win32' ? ['SLIPWAY_SERVICE_RESPAWN: stream servers can be started again on Windows only'] : []
  ]
}

async function check (promise: Promise<unknown>, problem: string): Promise<string[]> {
  return await promise.then(() => [], (error: NodeJS.ErrnoException) => [`${problem} (${error.code})`])
}

async function usable (files: PairFiles): Promise<string[]> {
  const reading = await readPair(files)
  if (reading.status === 'read') return []
  return reading.problems.map(({ file, problem }) => `${file === 'keyFile' ? 'SLIPWAY_TLS_KEY_FILE' : 'SLIPWAY_TLS_CERTIFICATE_FILE'}: ${problem}`)
}

async function made (folder: string): Promise<void> {
  makeFolder(folder)
}

async function readable (folder: string): Promise<void> {
  const opened = await opendir(folder)
  await opened.close()
}

async function runnable (path: string): Promise<void> {
  await access(path, constants.X_OK)
  if (!(await stat(path)).isFile()) throw Object.assign(new Error(), { code: 'EISDIR' })
}
