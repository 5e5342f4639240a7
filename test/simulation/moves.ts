import type { Holder } from '../../src/ports/port-holder.ts'
import type { ProbeResult } from '../../src/ports/port-probe.ts'
import type { Report } from '../../src/status/report.ts'
import type { Process } from './simulated-launcher.ts'
import { SimulatedLauncher } from './simulated-launcher.ts'
import type { World } from './world.ts'

/** A kind of event: what it may happen to, in which ways, and what it does. */
export interface Kind {
  /** How often it is chosen, compared with the others. */
  weight: number
  /** A schedule without it would stand still, so no scenario leaves it out. */
  needed?: true
  /** The launcher may tell it together with the next, in one tick. */
  swift?: true
  ways: readonly string[]
  /** Things it could happen to, numbered from 0; which of them may, `play` says. */
  targets: (world: World) => number
  /** Lets it happen, and answers in words to whom; `undefined`: it cannot happen now. */
  play: (world: World, target: number, way: string) => string | undefined
}

/** Those who come back are counted anew. */
const mostCallers = 12

const one = () => 1
const process = (world: World) => world.launcher.processes.length
const session = (world: World) => world.ledger.created

/** A move on one process that must be so. */
const on = (suits: (process: Process, world: World) => boolean, act: (world: World, process: Process, way: string) => void): Kind['play'] => (world, target, way) => {
  const process = world.launcher.processes[target]
  if (process === undefined || !suits(process, world)) return undefined
  act(world, process, way)
  return `${process.id} on ${process.port}`
}

const silent: Report = { kind: 'ping', viewers: null, idle: null }
const reports: Record<string, Report> = {
  ready: { ...silent, kind: 'ready' },
  ping: silent,
  'ping: no viewer': { ...silent, viewers: 0 },
  'ping: a viewer': { ...silent, viewers: 1 },
  'ping: a viewer and input': { ...silent, viewers: 1, idle: 0 },
  'ping: a viewer of engine': { ...silent, viewers: 1, model: 'engine' },
  disconnect: { ...silent, kind: 'disconnect' }
}
const exits: Record<string, Parameters<SimulatedLauncher['ends']>[1]> = {
  0: { code: 0, signal: null }, 1: { code: 1, signal: null }, 6: { code: 6, signal: null }, 'port in use': { code: 10, signal: null }, SIGSEGV: { code: null, signal: 'SIGSEGV' }
}
const probes: Record<string, ProbeResult> = { free: { status: 'free' }, taken: { status: 'taken', why: 'test' } }

export const kinds: Record<string, Kind> = {
  // What callers, viewers and people do.
  ask: {
    weight: 5,
    needed: true,
    ways: [''],
    targets: world => world.callers.length,
    play: (world, target) => {
      const caller = world.callers[target]
      if (caller === undefined || caller.asked !== null) return undefined
      caller.ask(world)
      return `caller ${target}, ${caller.plan.renderer}${caller.plan.model === null ? '' : ' with a model'}`
    }
  },
  vanish: {
    weight: 1,
    ways: [''],
    targets: world => world.callers.length,
    play: (world, target) => {
      const caller = world.callers[target]
      if (caller === undefined || caller.gone) return undefined
      caller.vanish()
      return `caller ${target}`
    }
  },
  comeBack: {
    weight: 4,
    ways: ['after leaving', 'before that was noticed'],
    targets: world => world.callers.length,
    play: (world, target, way) => {
      const caller = world.callers[target]
      if (caller === undefined || caller.token === null || world.callers.length > mostCallers) return undefined
      const { token } = caller
      if (way === 'after leaving') caller.vanish()
      world.comesBack(caller, token)
      return `caller ${target}, by ${token}`
    }
  },
  viewer: {
    weight: 3,
    ways: ['viewerCame', 'viewerCame', 'viewerInput', 'viewerAway', 'viewerLeft'],
    targets: session,
    play: (world, target, way) => {
      const id = `s${target + 1}`
      if (way === 'viewerCame') world.ledger.tunnelled(id, () => { world.spawner.viewerCame(id) })
      else if (way === 'viewerInput') world.ledger.tunnelled(id, () => { world.spawner.viewerInput(id) })
      else if (way === 'viewerAway') world.spawner.viewerAway(id)
      else world.spawner.viewerLeft(id)
      return id
    }
  },
  stop: { weight: 0.5, ways: [''], targets: session, play: (world, target) => { void world.spawner.stop(`s${target + 1}`, 'admin'); return `s${target + 1}` } },
  startAhead: { weight: 6, needed: true, ways: [''], targets: one, play: world => world.startAhead() ? 'sessions' : undefined },
  resume: { weight: 0.3, ways: [''], targets: one, play: world => { if (!world.ledger.draining) return undefined; return world.resume() ? 'everything' : 'in vain' } },
  drain: {
    weight: 0.3,
    ways: ['for good', 'for good', '1000', '10000'],
    targets: one,
    play: (world, _, way) => {
      // One with a time may be given another.
      if (world.leaving || (way === 'for good' && world.ledger.draining)) return undefined
      world.drain(way === 'for good' ? null : Number(way))
      return 'everything'
    }
  },
  runEmpty: { weight: 0.1, ways: [''], targets: one, play: world => { if (world.leaving) return undefined; world.runEmpty(); return 'everything' } },
  end: { weight: 0.15, ways: ['stopAll', 'hurry', 'close'], targets: one, play: (world, _, way) => { if (world.leaving) return undefined; world.stop(way as 'stopAll'); return 'everything' } },
  restart: { weight: 0.4, ways: ['killed', 'leaves'], targets: one, play: (world, _, way) => world.restart(way as 'killed') ? 'the service, and it is there again' : undefined },
  look: { weight: 0.5, ways: [''], targets: one, play: ({ spawner, ports }) => { ports.counts(); return `unready: ${spawner.unready}` } },

  singleFile: { weight: 1.5, ways: [''], targets: world => world.scenario.files.length, play: (world, target) => { const model = world.scenario.files[target] ?? ''; world.files.ask(model); return `of ${model}` } },
  load: {
    weight: 1,
    ways: ['5', '15', '15', '30', '30'],
    targets: world => world.scenario.watched ? 1 : 0,
    play: (world, _, way) => { world.memory(Number(way)); return '% of the memory left' }
  },

  // What stream servers say and how they end.
  report: {
    weight: 8,
    needed: true,
    ways: ['ready', 'ready', 'ping', 'ping', 'ping: no viewer', 'ping: a viewer', 'ping: a viewer and input', 'ping: a viewer of engine', 'disconnect'],
    targets: process,
    play: on(() => true, (world, { id }, way) => { world.report(id, reports[way] ?? silent) })
  },
  chorus: { weight: 3, ways: [''], targets: one, play: world => { world.chorus(); return 'pings of all that run' } },
  exit: {
    weight: 1.5,
    swift: true,
    ways: Object.keys(exits),
    targets: process,
    play: on(({ stage, orphaned }) => stage === 'running' || (stage === 'ordered' && !orphaned), ({ launcher }, process, way) => { launcher.ends(process, exits[way] ?? { code: 0, signal: null }) })
  },
  dies: {
    weight: 3,
    swift: true,
    ways: [''],
    targets: process,
    play: on(SimulatedLauncher.dies, ({ launcher }, process) => {
      if (process.stage === 'ordered' && process.orphaned) launcher.failed(process, 'LAUNCHER_LOST')
      else launcher.ends(process, { code: null, signal: process.orphaned ? 'SIGKILL' : process.signal })
    })
  },
  spoil: { weight: 0.5, ways: [''], targets: process, play: on(({ stage }) => stage === 'running', (_, process) => { process.spoiled = true }) },

  // What the launcher and the system answer.
  start: {
    weight: 6,
    needed: true,
    swift: true,
    ways: ['runs', 'runs', 'is ready', 'is ready', 'is ready', 'ENOENT'],
    targets: process,
    play: on(({ stage, orphaned }, { launcher }) => stage === 'ordered' && !orphaned && !launcher.dead, (world, process, way) => {
      const { launcher } = world
      if (way === 'ENOENT') launcher.failed(process, way)
      else launcher.started(process)
      if (way === 'is ready') world.report(process.id, { ...silent, kind: 'ready' })
    })
  },
  launcherDies: { weight: 0.2, ways: [''], targets: one, play: ({ launcher }) => { if (launcher.dead) return undefined; launcher.die(); return 'with its children' } },
  launcherBack: { weight: 1, ways: [''], targets: one, play: ({ launcher }) => { if (!launcher.dead) return undefined; launcher.back(); return '' } },
  probe: {
    weight: 6,
    needed: true,
    ways: ['free', 'free', 'free', 'free', 'free', 'free', 'taken'],
    targets: world => world.probes.size,
    play: (world, target, way) => {
      const port = world.probes.about(target)
      world.probed(target, probes[way] ?? { status: 'free' })
      return `port ${port}`
    }
  },
  presence: {
    weight: 2,
    needed: true,
    ways: ['absent', 'absent', 'present', 'unknown'],
    targets: world => world.presences.size,
    play: (world, target, way) => {
      const port = world.presences.about(target)
      world.presences.answer(target, way as 'absent')
      return `port ${port}`
    }
  },
  holder: {
    weight: 3,
    needed: true,
    ways: ['known', 'known', 'known', 'stranger', 'unknown'],
    targets: world => world.holders.size,
    play: (world, target, way) => {
      const port = world.holders.about(target)
      const process = world.launcher.processes.findLast(each => each.port === port)
      const answer: Holder = way === 'known'
        ? { status: 'known', lost: () => process === undefined || process.stage === 'gone' || process.spoiled ? 'test' : null }
        : way === 'stranger' ? { status: 'stranger', why: 'test' } : { status: 'unknown' }
      world.holders.answer(target, answer)
      return `port ${port}`
    }
  },

  // Time.
  time: { weight: 6, needed: true, ways: ['to the next timer'], targets: one, play: ({ clock, patience }) => clock.runNext(patience) ? '' : undefined },
  wait: { weight: 3, ways: ['300', '900'], targets: one, play: ({ clock, patience }, _, way) => { clock.idle(Math.min(Number(way), patience - clock.now())); return 'ms' } },
  jump: { weight: 0.3, ways: ['500', '5000', '60000'], targets: one, play: ({ clock }, _, way) => { clock.jump(Number(way)); return 'ms' } }
}
