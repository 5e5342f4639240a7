import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../src/clock.ts'
import { adopt } from '../src/keeping/adoption.ts'
import { Journal } from '../src/keeping/journal.ts'
import type { Note } from '../src/keeping/note.ts'
import { takeNotes } from '../src/keeping/notebook.ts'
import { procLook } from '../src/keeping/proof.ts'
import { killGroup } from '../src/launcher/process-identity.ts'
import type { KeptLauncher } from '../src/spawning/launcher.ts'

/**
 * Lets sessions outlive the service. Notes them in the journal, by the spawner's events; decorates `leaveSessions`. `onReady`, once the
 * launcher is there, takes over those of the service before; `onClose` closes the journal.
 */
export interface KeepingOptions {
  /** Absolute path of the journal. */
  journal: string
  /** What a service before has noted. */
  notes: readonly Note[]
  launcher: KeptLauncher
  clock: Clock
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Parts from every session without ending it, within so many milliseconds; closing the application then ends none. */
    leaveSessions?: (patience: number) => Promise<void>
  }
}

const keeping: FastifyPluginAsync<KeepingOptions> = async (app, { journal: path, notes, launcher, clock }) => {
  const { spawner, log } = app
  const journal = new Journal({ path, failed: ({ message }) => { log.error(`SLIPWAY_STATE_DIR: the journal cannot be written for now: ${message}; sessions that come or change meanwhile may not outlive a restart`) } })
  takeNotes(spawner, journal, procLook)

  app.decorate('leaveSessions', async patience => {
    let cancel = () => {}
    await spawner.leave(new Promise(resolve => { cancel = clock.after(patience, resolve) }))
    cancel()
    await launcher.leave()
  })
  app.addHook('onReady', async () => {
    const { adopted, ended, lost, unknown } = adopt(notes, launcher, spawner, procLook, killGroup)
    for (const { id: spawnId, pid: childPid, why } of lost) log.warn({ spawnId, childPid }, `a session of the service that ran before is not taken over: ${why}`)
    if (unknown.length > 0) log.warn({ ids: unknown }, `${unknown.length} processes of the service that ran before are killed: it was not noted who they are, or they were just being started`)
    if (notes.length > 0) log.info({ adopted: adopted.length, ended: ended.length, lost: lost.length }, `of ${notes.length} sessions of the service that ran before ${adopted.length} are taken over`)
    journal.begin()
  })
  app.addHook('onClose', async () => { journal.close() })
}

export default fp(keeping, { name: 'keeping', dependencies: ['spawner'] })
