// Loaded before a manager's own code: from one SIGUSR2 to the next it watches the event loop, then writes what it saw to BENCH_LOOP_FILE.
import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const delay = monitorEventLoopDelay({ resolution: 1 })
let watching = false
process.on('SIGUSR2', () => {
  watching = !watching
  if (watching) {
    delay.reset()
    delay.enable()
    return
  }
  delay.disable()
  writeFileSync(process.env['BENCH_LOOP_FILE'] ?? '/dev/null', JSON.stringify({ p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }))
})
