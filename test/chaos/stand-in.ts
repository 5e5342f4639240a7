import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { buildNativeLauncher, noCompiler } from '../fixtures/build-native-launcher.ts'

const source = (name: string) => fileURLToPath(new URL(`../../bench/native/${name}.c`, import.meta.url))

/** Path of a stream server in C, of which hundreds cost what one in Node does; gone with the test. @throws Error when there is no C compiler */
export function standIn (t: Test): string {
  const built = buildNativeLauncher(['stand-in', 'viewer-line', 'handshake', 'net'].map(source), ['-Wno-error'])
  if (built === undefined) throw new Error(`Many stream servers cannot be started: ${noCompiler}.`)
  t.teardown(built.remove)
  return built.entry
}
