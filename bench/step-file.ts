import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { click } from './click.ts'
import { cell, judge, notMeasured, type Scale, type Section } from './part.ts'
import { startService } from './service.ts'

/** An assembly that comes with the reader of STEP files, which is an optional dependency. */
const model = 'as1-oc-214'
const file = join('node_modules', 'occt-import-js', 'test', 'testfiles', 'cax-if', `${model}.stp`)

const preparing = 'scene of a STEP assembly that nobody has opened before, from the click'
const opening = 'scene of the same, prepared, from the click'

/** From the click to the scene of a STEP file: each round with a service whose workspace is empty at first, then once more with what that prepared. */
export async function stepFile (browser: Browser, { rounds, quick, tell }: Scale): Promise<Section> {
  if (!existsSync(file)) return { markdown: [], targets: [notMeasured(preparing, '≤ 3000 ms', 'occt-import-js is not installed'), notMeasured(opening, '≤ 300 ms', 'occt-import-js is not installed')] }
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'))
  const [cold, kept]: [number[], number[]] = [[], []]
  try {
    const models = join(folder, 'models')
    await mkdir(models)
    await copyFile(file, join(models, `${model}.stp`))
    for (let round = 1; round <= (quick ? 1 : rounds); round++) {
      tell(`a STEP file, ${round} of ${quick ? 1 : rounds}`)
      const service = await startService({ SLIPWAY_MODEL_DIRS: models, SLIPWAY_WORKSPACE_DIR: join(folder, `workspace-${round}`), SLIPWAY_LOG_DIR: '', SLIPWAY_WS_PORTS_BEGIN: '21000' })
      try {
        for (const times of [cold, kept]) times.push((await click(browser, service.url, model)).times.scene)
      } finally {
        await service.stop()
      }
    }
    const { size } = await stat(file)
    return {
      markdown: [`A STEP assembly of ${(size / 1000).toFixed(0)} kB, from the click to the scene: never opened before ${cell(cold, 0)} ms, each time in an empty workspace; prepared ${cell(kept, 0)} ms.`, ''],
      targets: [judge(preparing, { most: 3000 }, ' ms', cold, 0), judge(opening, { most: 300 }, ' ms', kept, 0)]
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
