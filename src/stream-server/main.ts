#!/usr/bin/env node
// The embedded stream server: ts3d_sc_server's command line, one viewer, one model, one process.
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { systemClock } from '../clock.ts'
import { exitCodes } from './exit-codes.ts'
import { openLog } from './log.ts'
import { helpText, parseOptions } from './options.ts'
import { programAddress } from './ssr/painting-program.ts'
import { paintingEnds } from './ssr/painting-thread.ts'
import { StreamServer } from './stream-server.ts'
import { version } from './version.ts'

/** For painting to come to its end. */
const mostFarewellMs = 2000

function leave (code: number, message: string, stream: NodeJS.WriteStream): never {
  stream.write(message)
  process.exit(code)
}

const parsed = parseOptions(process.argv.slice(2))
if (parsed.kind === 'help') leave(exitCodes.success, helpText(), process.stdout)
if (parsed.kind === 'version') leave(exitCodes.success, `${version}\n`, process.stdout)
if (parsed.kind === 'bad') leave(exitCodes.badArgument, `${parsed.problems.join('\n')}\n`, process.stderr)
const { options } = parsed
// A young generation that grows is memory that a session which renders never gives back.
if (options.rendering) setFlagsFromString('--semi-space-growth-factor=1')
const log = openLog(options.logFile, options.verbose, () => new Date(systemClock.now()).toISOString())

const fail = (error: Error): never => leave(exitCodes.internal, `internal error: ${error.stack}\n`, process.stderr)
process.on('uncaughtException', fail)
process.on('unhandledRejection', reason => fail(reason as Error))

let server: StreamServer
try {
  server = new StreamServer({ options, clock: systemClock, log, preparationProgram: fileURLToPath(new URL('prepare.mjs', import.meta.url)), renderProgram: programAddress(new URL('render.mjs', import.meta.url), { index: options.gpuIndex, software: false }) })
} catch (error) {
  leave(exitCodes.badArgument, `--ssl-certificate-file, --ssl-private-key-file: ${(error as Error).message}\n`, process.stderr)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => { void server.stop(exitCodes.success) })
try {
  await server.start()
} catch (error) {
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') leave(exitCodes.addressInUse, `address in use: ${options.host}:${options.port}\n`, process.stderr)
  leave(exitCodes.internal, `cannot listen on ${options.host}:${options.port}: ${(error as Error).message}\n`, process.stderr)
}
const code = await server.finished
let cancel = () => {}
await Promise.race([paintingEnds(), new Promise<void>(resolve => { cancel = systemClock.after(mostFarewellMs, resolve) })])
cancel()
process.exit(code)
