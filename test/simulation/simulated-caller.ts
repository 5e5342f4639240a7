import { isTerminal } from '../../src/sessions/transitions.ts'
import type { OpenResult } from '../../src/spawning/outcome.ts'
import type { Moment } from './ledger.ts'
import type { CallerPlan } from './scenario.ts'
import type { World } from './world.ts'

/** Somebody who asks for a viewer once, and may hang up at any moment. */
export class SimulatedCaller {
  readonly plan: CallerPlan
  answers: OpenResult[] = []
  asked: Moment | null = null
  /** It asked when the drain had begun. */
  late = false
  /** It was turned away while a session that was started ahead stood by. */
  keptOut = false
  /** Since when it has waited for a seat, while it does. */
  waits: Moment | null = null
  /** It was answered about its model what does not hold, in words. */
  misjudged: string | undefined
  /** The service went away before it had answered: its connection broke. */
  cutOff = false
  /** By which it may come back. */
  token: string | null = null
  readonly #caller = new AbortController()

  constructor (plan: CallerPlan) {
    this.plan = plan
  }

  get gone (): boolean { return this.#caller.signal.aborted }

  ask (world: World): void {
    const { spawner, ledger, probes, scenario, crashes } = world
    this.asked = ledger.moment
    this.late = ledger.draining
    // Whoever comes back to a session that lives is judged when that has ended.
    let expected = this.plan.reentry?.shown == null ? crashes.verdict(this.plan.model ?? this.plan.viewerModel) : undefined
    const spareStoodBy = sparesStandBy(world)
    const { busy, drains, created } = ledger
    const seatKept = ledger.takeSeat(this.plan.reentry?.shown ?? null)
    const crowded = scenario.maxStarts > 0 && ledger.starting >= scenario.maxStarts
    // Where nobody waits as long as a port rests, it is that, and no spare, that keeps people out; and whoever stood still meanwhile waits no longer.
    const { jumps } = ledger.moment
    const restless = () => scenario.rest >= scenario.limits.queueTimeout || ledger.moment.jumps > jumps
    void spawner.open({
      ...this.plan,
      modelSearchDirectories: [],
      sessionToken: null,
      signal: this.#caller.signal,
      told: progress => {
        if (this.cutOff) return
        const waiting = progress.phase === 'waiting'
        if (waiting) this.token = progress.reentry ?? null
        // A process that is lost keeps its port: then it is that, and nobody, who has its place, or the last port is somebody else's; and one that was started ahead and is ending for others has its place as long as it is there.
        const leaving = [...ledger.entries.values()].some(({ via, state }) => via === null && state === 'draining')
        if (waiting && seatKept && !leaving && !ledger.busy && !crowded && world.ports.counts().leased + spawner.held < scenario.ports) this.misjudged = 'a caller whose seat was kept had to wait'
        this.waits = waiting ? this.waits ?? ledger.moment : null
        // A session's life begins with its seat, not with the wait for one.
        if (progress.phase === 'seated') {
          this.asked = ledger.moment
          const entry = ledger.entries.get(progress.id)
          if (entry !== undefined) entry.asked = ledger.moment
          ledger.callers.set(progress.id, this.plan.caller)
        }
        // It is judged again when it is called.
        if (waiting) expected = undefined
        else ledger.own.set(progress.id, this.plan.limits)
      }
    }).then(answer => {
      if (this.cutOff) return
      this.waits = null
      this.answers.push(answer)
      this.misjudged ??= crashes.misjudged(expected, answer)
      if (answer.status === 'draining' && !this.late && ledger.drains === drains) this.misjudged = 'a caller was turned away for a drain that is none'
      if (answer.status === 'overloaded' && !busy && !ledger.busy) this.misjudged = 'a caller was turned away for a load that is none'
      // Whoever made way in the line for a caller with fewer is told what stands in the way by then.
      const crowdedNow = crowded || (scenario.maxStarts > 0 && ledger.starting >= scenario.maxStarts)
      // Of whoever comes back to a session that has to end first nobody knows when it is judged; and a start may have begun and failed meanwhile.
      const judged = this.plan.reentry?.shown == null
      if (judged && answer.status === 'full' && answer.reason === 'too_many_starts' && !crowdedNow && ledger.created === created) this.misjudged = 'a caller was turned away for starts that were not under way'
      this.keptOut ||= (answer.status === 'full' && spareStoodBy && (judged || sparesStandBy(world)) && !crowdedNow) || (answer.status === 'noPort' && !restless() && probes.size === 0 && sparesStandBy(world))
      if (seatKept && answer.status === 'full' && answer.reason === null) this.misjudged = 'a caller whose seat was kept was turned away'
      if (answer.status !== 'opened') return
      // Who had hung up by then has not read it.
      if (!this.gone) {
        this.token = answer.reentry ?? null
        if (answer.reentry !== undefined) ledger.tokens.set(answer.reentry, answer.session.id)
      }
      const entry = ledger.entries.get(answer.session.id)
      if (entry === undefined || this.asked === null) return
      // Time in the line is no time of the session.
      Object.assign(entry, { givenTo: entry.givenTo + 1, asked: entry.created.now > this.asked.now ? entry.created : this.asked })
    })
  }

  vanish (): void { this.#caller.abort() }

  /** The service is gone. */
  cut (): void {
    this.waits = null
    this.cutOff ||= this.asked !== null && this.answers.length === 0
  }
}

function sparesStandBy ({ spawner, ledger }: World): boolean {
  for (const { state, via } of ledger.entries.values()) {
    // The spawner is asked only where it matters: to take a picture of everything is dear.
    if (via === null && !isTerminal(state)) return spawner.sessions().some(({ via, reason, port }) => via === null && reason === null && port !== null)
  }
  return false
}
