import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { mayAdminister, type Administration } from '../src/access/administrator.ts'
import type { Clock } from '../src/clock.ts'
import { CrashBook, groupSchema } from '../src/crashes/crash-book.ts'
import { crashSchema, dossierOf, dossierSchema } from '../src/crashes/dossier.ts'
import { isCrash } from '../src/crashes/ending.ts'
import type { Isolation } from '../src/crashes/isolation.ts'
import { readIsolations, writeIsolations } from '../src/crashes/isolation-file.ts'
import { MemoryWatch } from '../src/crashes/memory-watch.ts'
import { shownCommand } from '../src/crashes/shown-command.ts'
import type { Look } from '../src/keeping/proof.ts'

/**
 * What crashed and why: a dossier of each crash, `GET /api/crashes` and `/api/crashes/:id`, and `DELETE /api/isolations/:model`, for
 * whoever may stop sessions. Tells `isolation` of every step and the log of what it does. Listens to the spawner's events; decorates nothing.
 */
export interface CrashesOptions extends Administration {
  isolation: Isolation
  /** Absolute path of the file in which the isolated models outlive the service; null: they do not. */
  keptIn: string | null
  /** Dossiers that are kept; 0: none. */
  dossiers: number
  /** Looks at a process: the command line of one that was taken over is not known otherwise. */
  look: Look
  /** Bytes of memory that a process has in RAM; `undefined`: that is not known. Takes some ten microseconds. */
  residentBytes: (pid: number) => number | undefined
  clock: Clock
}

/** Milliseconds between two looks at the memory of all stream servers. */
const memoryInterval = 5_000

const listSchema = Type.Object({
  crashes: Type.Array(crashSchema),
  groups: Type.Array(groupSchema),
  isolated: Type.Array(Type.Object({ model: Type.String(), crashes: Type.Integer(), until: Type.String(), tried: Type.Boolean() }))
})
const forbidden = Object.assign(new Error('Crashes are shown on this machine, or with the key of SLIPWAY_ADMIN_KEY'), { statusCode: 403, code: 'FORBIDDEN', name: 'Forbidden' })
const missing = (message: string, code: string) => Object.assign(new Error(message), { statusCode: 404, code, name: 'Not Found' })

const crashes: FastifyPluginAsyncTypebox<CrashesOptions> = async (app, { isolation, keptIn, dossiers, residentBytes, look, clock, ...administration }) => {
  const { spawner, sessionHistory, log } = app
  const book = new CrashBook(dossiers)
  const commands = new Map<string, string[]>()
  const memory = new MemoryWatch({
    interval: memoryInterval,
    clock,
    bytes: id => {
      const pid = spawner.session(id)?.pid ?? null
      return pid === null ? undefined : residentBytes(pid)
    }
  })

  if (dossiers > 0) {
    spawner.on('ordered', order => { commands.set(order.id, shownCommand(order)) })
    spawner.on('session', (session, from) => {
      const { id, state, pid, endedAt } = session
      if (from === null) memory.follow(id)
      const found = state === 'adopted' && pid !== null ? look(pid) : null
      if (found !== null) commands.set(id, shownCommand({ executable: found.executable, args: found.args.slice(1, -1) }))
      else if (from === 'starting' && endedAt === null) memory.look(id)
      if (endedAt === null) return
      const evidence = { command: commands.get(id) ?? [], timeline: sessionHistory.of(id)?.steps ?? [], memory: memory.leave(id) }
      commands.delete(id)
      if (isCrash(session)) book.add(dossierOf(session, evidence))
    })
  }
  if (keptIn !== null) {
    try {
      isolation.restore(readIsolations(keptIn))
    } catch (error) {
      log.error(`${keptIn} cannot be read: ${(error as Error).message}; models that were isolated are let in again`)
    }
    const keep = () => {
      try {
        writeIsolations(keptIn, isolation.kept())
      } catch (error) {
        log.error(`${keptIn} cannot be written: ${(error as Error).message}; a restart lets in again what is isolated now`)
      }
    }
    isolation.on('isolated', keep).on('released', keep)
  }
  spawner.on('session', (session, from) => { isolation.session(session, from) })
  spawner.on('named', session => { isolation.named(session) })
  isolation.on('isolated', ({ model, until, again }) => { log.warn({ model, until: new Date(until).toISOString() }, again ? 'a model that is isolated crashed again, and stays so' : 'a model keeps crashing its stream server: it is isolated for now') })
  isolation.on('tried', ({ model, id: spawnId }) => { log.info({ model, spawnId }, 'a model that is isolated is tried by one session') })
  isolation.on('released', ({ model, by }) => { log.info({ model }, by === 'trial' ? 'a model is no longer isolated: a viewer has been on it without a crash' : 'a model is no longer isolated: somebody let it in again') })

  const guard = async (request: FastifyRequest) => { if (!mayAdminister(request, administration, 'programs and pages')) throw forbidden }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null)
  })
  app.get('/api/crashes', { onRequest: guard, schema: { response: { 200: listSchema } } }, async () => ({
    crashes: book.all(),
    groups: book.groups(),
    isolated: isolation.isolated().map(each => ({ ...each, until: new Date(each.until).toISOString() }))
  }))

  app.get('/api/crashes/:id', { onRequest: guard, schema: { params: Type.Object({ id: Type.String({ maxLength: 64 }) }), response: { 200: dossierSchema } } }, async (request, reply) => {
    const { id } = request.params
    const dossier = book.of(id)
    if (dossier === undefined) throw missing(`There is no dossier of a crash of session ${id}`, 'UNKNOWN_CRASH')
    void reply.header('content-disposition', `attachment; filename="crash-${id}.json"`)
    return dossier
  })

  app.delete('/api/isolations/:model', { onRequest: guard, schema: { params: Type.Object({ model: Type.String({ maxLength: 4_096 }) }), response: { 200: Type.Object({ model: Type.String() }) } } }, async request => {
    const { model } = request.params
    if (!isolation.release(model)) throw missing(`The model ${model} is not isolated`, 'NOT_ISOLATED')
    return { model }
  })

  app.addHook('onClose', async () => {
    memory.close()
    isolation.close()
  })
}

export default crashes
