import { readdirSync, readFileSync } from 'node:fs'
import type { Test } from 'tap'
import { carrierSources } from '../../scripts/build-native.mjs'
import { systemClock } from '../../src/clock.ts'
import { Carrier } from '../../src/tunnel/carrier.ts'
import { buildNativeLauncher, noCompiler } from '../fixtures/build-native-launcher.ts'
import { processesWithArgument } from '../fixtures/leak-check.ts'

/** A form of the tunnel under test. Without a carrier it is the one in this process. */
export interface Form { name: string, carrier?: Carrier, native?: NativeForm }

/** What is peculiar to the native form. */
export interface NativeForm {
  program: string
  /** Pid of the carrier alive now. */
  pid: () => number
}

/** Both forms, or one where there is no C compiler; what they need goes with the test file. */
export async function tunnelForms (t: Test): Promise<Form[]> {
  const inProcess = { name: 'in-process' }
  const built = buildNativeLauncher(carrierSources)
  if (built === undefined) {
    t.pass('the native form', { skip: noCompiler })
    return [inProcess]
  }
  const carrier = new Carrier(built.entry, systemClock)
  t.teardown(async () => {
    await carrier.close()
    const left = processesWithArgument(built.entry)
    built.remove()
    if (left.length > 0) throw new Error(`the carrier is still there: ${left.join()}`)
  })
  const problem = await carrier.open()
  if (problem !== null) throw new Error(problem)
  const pid = () => processesWithArgument(built.entry)[0] ?? NaN
  return [inProcess, { name: 'native', carrier, native: { program: built.entry, pid } }]
}

/** Descriptors that a process has now. */
export const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

/** Resident memory of a process, in bytes. */
export const residentOf = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024

/** Looks again every few milliseconds: for what no event tells, like totals that are told a few times a second. */
export async function comesTrue (condition: () => boolean): Promise<void> {
  for (let left = 4_000; !condition(); left--) {
    if (left === 0) throw new Error(`it did not come true: ${condition.toString()}`)
    await new Promise(resolve => { setTimeout(resolve, 5) })
  }
}

/** Waits until a total has stood still for longer than the time between two reports of it. */
export async function standsStill (total: () => number): Promise<void> {
  for (let still = 0, seen = -1; still < 100;) {
    await new Promise(resolve => { setTimeout(resolve, 5) })
    still = total() === seen && seen > 0 ? still + 1 : 0
    seen = total()
  }
}
