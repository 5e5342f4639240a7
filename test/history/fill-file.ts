// node scripts/run.mjs test/history/fill-file.ts <path>: writes records until the system takes no more, and says how many it took.
import { ChainedFile } from '../../src/history/chained-file.ts'

// Else the signal is the end, and not the refused write.
process.on('SIGXFSZ', () => {})
const file = await ChainedFile.open({ path: process.argv[2] ?? '', limit: 100_000_000, keep: 1 })
let records = 0
try {
  for (;;) {
    await file.append([{ at: 'now', event: 'session', session: 'x'.repeat(30_000) }])
    records++
  }
} catch (error) {
  console.log(`${(error as NodeJS.ErrnoException).code} after ${records}`)
}
await file.close()
