import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { ProcessIdentity } from '../spawning/launcher.ts'
import { endWords } from './channel.ts'
import type { Channel, LauncherCommand } from './channel.ts'
import type { Keep } from './kept-line.ts'
import { readLauncherFile, writeLauncherFile } from './launcher-file.ts'
import { isRunning } from './process-identity.ts'
import { MessageReader, PROTOCOL_VERSION, encode, isAnswer } from './protocol.ts'
import type { Answer } from './protocol.ts'

/** Milliseconds that a launcher may take to listen, and to answer a hello. */
const PATIENCE_MILLISECONDS = 5000
/** Milliseconds between two tries while the launcher still has the service that ran before, and how many there are. */
const BUSY_MILLISECONDS = 100
const BUSY_TRIES = 30
/** Milliseconds that a launcher may take to end once it has hung up, and between two looks at one that somebody else started. */
const END_MILLISECONDS = 1000
const LOOK_MILLISECONDS = 5

/** Where a launcher that outlives its service is found again, and for how many seconds it waits for the next one. */
export interface Keeping {
  /** Absolute; nobody else may enter it. */
  folder: string
  seconds: number
}

type Heard = (answer: Answer) => void

/**
 * The launcher that a service before this one left behind; `null` where there is none any more. The first answer is its `welcome`.
 * @throws Error in words when there is one that cannot be had: it has a service, is of another version, or does not answer.
 */
export async function reattach (keeping: Keeping, clock: Clock, answered: Heard): Promise<Channel | null> {
  const known = readLauncherFile(keeping.folder)
  if (known === undefined) return null
  for (let tries = 1; ; tries++) {
    const met = await meet({ ...known, seconds: keeping.seconds }, null, clock, answered)
    if (met.status === 'welcome') return met.channel
    if (met.status === 'nobody') return null
    if (met.why === 'version') throw new Error(`the launcher that keeps the sessions in ${keeping.folder} is of another version of Slipway; start that version again, or let the sessions end first`)
    if (tries === BUSY_TRIES) throw new Error(`another service that runs keeps its sessions in ${keeping.folder}; give each a folder of its own (SLIPWAY_STATE_DIR)`)
    await new Promise<void>(resolve => { clock.after(BUSY_MILLISECONDS, resolve) })
  }
}

/** Starts a launcher that outlives this process. Neither it nor its channel rejects. */
export function openKeptChannel (command: LauncherCommand, keeping: Keeping, clock: Clock, answered: Heard): Channel {
  const waiting: string[] = []
  let channel: Channel | null = null
  const opened = launch(command, keeping, clock, answered).then(found => {
    channel = found
    for (const line of waiting.splice(0)) found.write(line)
    return found
  })
  return {
    ready: opened.then(() => true, () => false),
    ended: opened.then(async found => await found.ended, (error: Error) => `it could not be started: ${error.message}`),
    write: line => { if (channel === null) waiting.push(line); else channel.write(line) },
    kill: () => { void opened.then(found => { found.kill() }, () => {}) },
    leave: () => { void opened.then(found => { found.leave() }, () => {}) }
  }
}

async function launch (command: LauncherCommand, { folder, seconds }: Keeping, clock: Clock, answered: Heard): Promise<Channel> {
  const before = readLauncherFile(folder)
  if (before !== undefined) rmSync(before.socket, { force: true })
  const keep: Keep = { socket: join(folder, `launcher-${randomBytes(4).toString('hex')}.sock`), key: randomBytes(32).toString('hex'), seconds }
  const complaints = openSync(join(folder, 'launcher.log'), 'a', 0o600)
  const launcher = start([...command, '--keep', folder], complaints)
  try {
    const failed = new Promise<never>((_resolve, reject) => { launcher.once('error', reject) })
    const exit = new Promise<string>(resolve => { launcher.once('exit', (code, signal) => { resolve(endWords(code, signal)) }) })
    const [, , , setting, word] = launcher.stdio as unknown as [null, null, null, Writable, Readable]
    setting.on('error', () => {}).end(`${JSON.stringify(keep)}\n`)
    await Promise.race([failed, listens(word, clock)])
    launcher.unref()
    writeLauncherFile(folder, keep)
    const met = await meet(keep, exit, clock, answered)
    if (met.status !== 'welcome') throw new Error('it takes no service')
    return met.channel
  } catch (error) {
    launcher.kill('SIGKILL')
    throw error
  }
}

function start ([executable, ...args]: LauncherCommand, complaints: number): ChildProcess {
  try {
    return spawn(executable, args, { detached: true, stdio: ['ignore', 'ignore', complaints, 'pipe', 'pipe'] })
  } finally {
    closeSync(complaints)
  }
}

/** Resolves when the launcher has said that it listens. */
async function listens (word: Readable, clock: Clock): Promise<void> {
  const cancel = clock.after(PATIENCE_MILLISECONDS, () => { word.destroy() })
  let said = ''
  for await (const chunk of word) said += String(chunk)
  cancel()
  if (said === '') throw new Error('it does not listen; launcher.log in its folder may say why')
}

type Met = { status: 'welcome', channel: Channel } | { status: 'refused', why: 'busy' | 'version' } | { status: 'nobody' }

/**
 * Says hello.
 * @param exit tells how the launcher ends, where we started it
 * @throws Error when whoever is there does not answer
 */
function meet ({ socket: path, key, seconds }: Keep, exit: Promise<string> | null, clock: Clock, answered: Heard): Promise<Met> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const cancel = clock.after(PATIENCE_MILLISECONDS, () => {
      socket.destroy()
      reject(new Error('the launcher that keeps the sessions does not answer'))
    })
    let confusion: string | undefined
    const reader = new MessageReader(isAnswer)
    const closed = new Promise<string | undefined>(resolve => { socket.once('close', () => { resolve(confusion) }) })
    // Nobody listens there any more, or it went while it was asked.
    void closed.then(() => {
      cancel()
      resolve({ status: 'nobody' })
    })
    socket.on('error', () => {})
    socket.write(encode({ type: 'hello', version: PROTOCOL_VERSION, key, seconds }))
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const answer of reader.push(chunk)) {
          if (answer.type === 'refused') resolve({ status: 'refused', why: answer.why })
          else answered(answer)
          if (answer.type === 'welcome') {
            cancel()
            resolve({ status: 'welcome', channel: channelOf(socket, closed, answer.launcher, exit, clock) })
          }
        }
      } catch (error) {
        confusion = `it could not be understood: ${String(error)}`
        socket.destroy()
      }
    })
  })
}

function channelOf (socket: Socket, closed: Promise<string | undefined>, launcher: ProcessIdentity, exit: Promise<string> | null, clock: Clock): Channel {
  let left = false
  return {
    ready: Promise.resolve(true),
    ended: closed.then(async confusion => {
      const words = left ? undefined : await endOf(launcher, exit, clock)
      return confusion ?? words ?? 'its connection ended'
    }),
    write: line => { if (socket.writable) socket.write(line) },
    kill: () => {
      if (isRunning(launcher)) process.kill(launcher.pid, 'SIGKILL')
      socket.destroy()
    },
    leave: () => {
      left = true
      socket.end()
    }
  }
}

/** How a launcher that hung up ends; `undefined`: nobody tells, or it stays. */
function endOf (launcher: ProcessIdentity, exit: Promise<string> | null, clock: Clock): Promise<string | undefined> {
  return new Promise(resolve => {
    let cancelLook = () => {}
    const done = (words?: string) => {
      cancel()
      cancelLook()
      resolve(words)
    }
    const cancel = clock.after(END_MILLISECONDS, done)
    const look = () => {
      if (isRunning(launcher)) cancelLook = clock.after(LOOK_MILLISECONDS, look)
      else done()
    }
    if (exit === null) look()
    else void exit.then(done)
  })
}
