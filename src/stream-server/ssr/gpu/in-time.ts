import type { Clock } from '../../../clock.ts'

/** The same promise, which rejects when it has taken so many milliseconds. */
export async function inTime<T> (promise: Promise<T>, milliseconds: number, clock: Clock): Promise<T> {
  let cancel = () => {}
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(milliseconds, () => { reject(new Error(`no answer in ${milliseconds / 1000} s`)) })
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    cancel()
  }
}
