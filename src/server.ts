#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildApp } from './app.ts'
import { systemClock } from './clock.ts'
import { readCommandLine } from './command-line.ts'
import { loadConfig } from './config/load.ts'
import { onEnter } from './console.ts'
import { PreflightError } from './errors.ts'
import { chooseLauncher } from './launcher/choice.ts'
import { LauncherProcess } from './launcher/launcher-process.ts'
import { openLog } from './logging.ts'
import { serverLogName } from './logs/names.ts'
import { inOfficialWords } from './official/official-config.ts'
import { shutDownOnSignals } from './shutdown.ts'
import { Carrier } from './tunnel/carrier.ts'

/** Milliseconds that the log file may take to be written in the end. */
const lastWords = 500

const say = (text: string) => { process.stderr.write(text) }

async function main (): Promise<number | undefined> {
  const packageDir = packageDirAbove(dirname(fileURLToPath(import.meta.url)))
  const command = readCommandLine(process.argv.slice(2), process.env, packageDir)
  if (command.do === 'say') {
    (command.exitCode === 0 ? process.stdout : process.stderr).write(command.text)
    return command.exitCode
  }
  for (const warning of command.warnings) say(`slipway: warning: ${warning}\n`)
  const loaded = loadConfig(command.env)
  if (loaded.status === 'invalid') return refuse(inOfficialWords(loaded.problems, command.origins))
  const { config } = loaded

  const stop = () => { process.emit('SIGINT', 'SIGINT') }
  const { keepSessions, stateDir } = config.restart
  const wanted = keepSessions > 0 ? 'javascript' : config.streamServer.launcher
  const choice = await chooseLauncher(wanted, join(packageDir, 'dist', 'native', 'slipway-launcher'))
  const launcher = new LauncherProcess({ clock: systemClock, command: choice.command, keeping: keepSessions > 0 ? { folder: resolve(stateDir), seconds: keepSessions } : null })
  const carrier = config.streamServer.tunnel === 'native' ? new Carrier(join(packageDir, 'dist', 'native', 'slipway-carrier'), systemClock) : null
  const carrierProblem = await carrier?.open() ?? null
  const startedAt = systemClock.now()
  const { fileLevel } = config.log
  const ownLog = fileLevel === 'none' || config.log.dir === 'none' ? null : serverLogName(startedAt, process.pid)
  const log = openLog({
    ...config.log,
    terminal: process.stdout.isTTY,
    licence: config.streamServer.license,
    startedAt,
    file: ownLog === null || fileLevel === 'none' ? null : { path: resolve(config.log.dir, ownLog), level: fileLevel, time: config.log.fileTime },
    fileFailed: ({ message }) => { say(`slipway: the log file cannot be written: ${message}\n`) }
  })
  const exit = (code: number) => {
    systemClock.after(lastWords, () => { process.exit(code) })
    void log.close().then(() => { process.exit(code) })
  }
  let app
  try {
    const problems = [
      ...wanted === 'native' && choice.problem !== null ? [`SLIPWAY_LAUNCHER: ${choice.problem}`] : [],
      ...carrierProblem !== null ? [`SLIPWAY_TUNNEL: ${carrierProblem}`] : []
    ]
    app = await buildApp({ config, packageDir, launcher, carrier, clock: systemClock, environment: command.env, shownConfig: command.shown[config.http.open ? 'whole' : 'guarded'], stop, ownLog, problems, logger: log.options })
    app.log.info({ launcher: choice.kind }, `stream servers are started by the ${choice.kind === 'native' ? 'native launcher' : 'launcher in JavaScript'}`)
    if (choice.problem !== null) app.log.warn(choice.problem)
    if (carrier !== null) app.log.info({ tunnel: 'native' }, 'viewers are carried by the native carrier')
    shutDownOnSignals(app, process, config.sessions.drainTimeout, systemClock, error => { exit(error === undefined ? 0 : 1) })
    const url = await app.listen({ host: config.http.host, port: config.http.port })
    say(`Slipway is ready on ${url}\n`)
  } catch (error) {
    // Sessions that were taken over are for whoever starts better.
    await app?.leaveSessions?.(0)
    await app?.close()
    await carrier?.close()
    await log.close()
    if (error instanceof PreflightError) return refuse(inOfficialWords(error.problems, command.origins))
    say(`slipway: cannot start: ${(error as Error).message}\n`)
    return 1
  }
  const { executable, licenseFile, license } = config.streamServer
  if (executable === '') say('Viewers get the embedded stream server; for HOOPS models set SLIPWAY_STREAM_SERVER (ts3d_sc_server) and SLIPWAY_LICENSE_FILE.\n')
  else if (licenseFile === '' && license === '') say(`${executable} gets no licence; ts3d_sc_server needs one: set SLIPWAY_LICENSE_FILE.\n`)
  if (config.http.enterStops) {
    say('Enter stops it\n')
    onEnter(process.stdin, stop)
  }
}

function refuse (problems: readonly string[]): number {
  say(`slipway: cannot start:\n${problems.map(problem => `  - ${problem}\n`).join('')}`)
  return 2
}

/** The sources and the build lie at different depths below the package. */
function packageDirAbove (directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : packageDirAbove(dirname(directory))
}

const exitCode = await main()
if (exitCode !== undefined) process.exitCode = exitCode
