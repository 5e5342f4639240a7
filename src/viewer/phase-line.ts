import { progress } from './phases.ts'
import type { Phase, PhaseLog } from './phases.ts'
import { duration } from './quantities.ts'

const labels: Record<typeof progress[number], string> = {
  starting: 'Asked',
  ready: 'Server ready',
  open: 'Connected',
  preparing: 'Preparing',
  loading: 'Download',
  scene: 'Scene',
  'first-picture': 'First picture',
  complete: 'Complete'
}

const sentences: Record<Phase, string> = {
  starting: 'A stream server is being started',
  ready: 'The stream server is ready',
  open: 'Connected, asking for the model',
  preparing: 'The model is being prepared for its first use',
  loading: 'The file is on its way',
  scene: 'The assembly is known, geometry is on its way',
  'first-picture': 'The first picture is there, details follow',
  complete: 'The picture is complete',
  closed: 'Closed',
  failed: 'Failed'
}

/** A phase as a sentence for a live region. */
export const phaseSentence = (phase: Phase): string => sentences[phase]

/** The steps from click to complete picture, each with the time at which it was reached. */
export class PhaseLine {
  readonly #steps: HTMLElement

  readonly #left: readonly Phase[]

  /** Steps in `left` do not happen here. */
  constructor (steps: HTMLElement, left: readonly Phase[]) {
    this.#steps = steps
    this.#left = left
  }

  draw (log: PhaseLog): void {
    // Preparing happens on a model's first use only, and the click is where time starts.
    const shown = progress.filter(phase => phase !== 'starting' && !this.#left.includes(phase) && (phase !== 'preparing' || log.times.has(phase)))
    const next = shown.find(phase => !log.times.has(phase))
    this.#steps.replaceChildren(...shown.map(phase => {
      const step = document.createElement('li')
      const time = log.times.get(phase)
      step.dataset['step'] = time === undefined ? (phase === next && !log.ended ? 'next' : 'later') : 'reached'
      const name = document.createElement('span')
      name.textContent = labels[phase]
      const at = document.createElement('b')
      at.textContent = time === undefined ? '' : duration(time)
      step.append(name, at)
      return step
    }))
  }
}
