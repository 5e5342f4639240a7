import type { PreparingMessage } from '../stream-server/protocol.ts'
import { PhaseLine, phaseSentence } from './phase-line.ts'
import type { PhaseLog } from './phases.ts'
import { amount, bytes } from './quantities.ts'
import { fromTemplate, required } from './required-element.ts'
import type { SpawnedSession } from './server-connection.ts'
import type { StreamStatistics } from './streaming-viewer.ts'
import type { ViewerWish } from './viewer-card.ts'

/** What a card shows, in words and figures, and for whoever reads its data attributes. */
export class CardFace {
  readonly element = fromTemplate('viewer-card')
  readonly canvas = required(this.element, 'canvas', HTMLCanvasElement)
  readonly stage = this.#part('stage')
  readonly #line: PhaseLine
  readonly #wish: ViewerWish

  constructor (wish: ViewerWish) {
    const { model, renderer } = wish
    this.#wish = wish
    this.#line = new PhaseLine(this.#part('steps'), renderer === 'single' ? ['ready', 'open'] : ['loading'])
    this.#part('model').textContent = model
    this.element.setAttribute('aria-label', `Viewer of ${model}`)
    this.canvas.setAttribute('aria-label', `3D view of ${model}. Arrow keys orbit, plus and minus zoom, F fits the model into view.`)
    this.onClick('fullscreen', () => { this.#fullscreen() })
  }

  onClick (button: 'fit' | 'fullscreen' | 'close' | 'again', action: () => void): void {
    this.#part(button).addEventListener('click', action)
  }

  /** Which session it is. */
  know ({ endpointUri, serviceId }: SpawnedSession): void {
    const port = URL.canParse(endpointUri) ? new URL(endpointUri).port : ''
    this.element.dataset['sessionId'] = serviceId
    this.element.dataset['port'] = port
    this.#part('id').textContent = serviceId.slice(0, 8)
    this.#part('id').title = serviceId
    this.#part('port').textContent = port === '' ? '' : `port ${port}`
  }

  /** How a viewer of another make is given the session. */
  explain ({ endpointUri }: SpawnedSession): void {
    this.#part('endpoint').textContent = endpointUri
    this.#part('snippet').textContent = `new Communicator.WebViewer({\n  containerId: 'viewer',\n  endpointUri: ${JSON.stringify(endpointUri)},\n  model: ${JSON.stringify(this.#wish.model)}\n})`
    this.element.dataset['hoops'] = 'true'
  }

  preparing ({ percent, step }: PreparingMessage): void {
    required(this.element, 'progress', HTMLProgressElement).value = percent
    this.#part('preparing-words').textContent = `${step} (${Math.round(percent)} %)`
  }

  figures ({ triangles, modelTriangles, instances, parts, chunks, refining, limited, bytes: received }: StreamStatistics): void {
    Object.assign(this.element.dataset, { triangles, modelTriangles, bytes: received, refining })
    this.#part('triangles').textContent = `${amount(triangles)} of ${amount(modelTriangles)} triangles`
    this.#part('instances').textContent = `${amount(instances)} instances of ${amount(parts)} parts`
    this.#part('limited').textContent = limited ? 'limited by this browser’s budget' : ''
    this.#part('received').textContent = `${bytes(received)} in ${amount(chunks)} ${chunks === 1 ? 'file' : 'files'}`
  }

  reached (log: PhaseLog): void {
    this.element.dataset['phase'] = log.current
    this.element.dataset['times'] = JSON.stringify(Object.fromEntries(log.times))
    this.#part('phase').textContent = phaseSentence(log.current)
    this.#line.draw(log)
  }

  ended (words: string): void {
    this.#part('ended').textContent = words
  }

  async #fullscreen (): Promise<void> {
    if (document.fullscreenElement === null) await this.stage.requestFullscreen().catch(() => {})
    else await document.exitFullscreen()
  }

  #part (name: string): HTMLElement {
    return required(this.element, `[data-role=${name}]`, HTMLElement)
  }
}
