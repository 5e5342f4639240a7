// A thread of the preparation that is never busy with the model: it ends the process when nobody waits for it any more,
// which the end of its input tells, and when it takes more memory than it may, which it says before.
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'
import { systemClock } from '../clock.ts'

const lookMs = 40
const { memoryMiB } = workerData as { memoryMiB: number }

const end = (): void => { process.kill(process.pid, 'SIGKILL') }

function look (): void {
  if (process.memoryUsage.rss() <= memoryMiB * 2 ** 20) {
    systemClock.after(lookMs, look)
    return
  }
  writeSync(1, `\n${JSON.stringify({ unreadable: `The model needs more memory than its preparation may have, which is ${memoryMiB} MiB.` })}\n`)
  end()
}

const parent = new Socket({ fd: 0 })
parent.on('end', end).on('close', end).on('error', end).resume()
look()
