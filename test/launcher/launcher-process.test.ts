import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { LauncherProcess } from '../../src/launcher/launcher-process.ts'
import { buildLauncher } from '../fixtures/build-launcher.ts'
import { processesWithArgument } from '../fixtures/leak-check.ts'
import { launcherContract } from './contract.ts'

const built = buildLauncher()
t.teardown(built.remove)

launcherContract(t, () => ({
  launcher: new LauncherProcess({ clock: systemClock, command: [process.execPath, built.entry] }),
  processes: () => processesWithArgument(built.entry)
}))
