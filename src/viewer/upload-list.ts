import type { ModelCatalogue } from './model-catalogue.ts'
import { bytes } from './quantities.ts'
import { fromTemplate, required } from './required-element.ts'
import { sendModel } from './send-model.ts'

type Offer = NonNullable<ModelCatalogue['upload']>

/** The models that are dropped on the page, or chosen, and sent to the service one after the other. */
export class UploadList {
  readonly #list: HTMLElement
  readonly #add: HTMLElement
  readonly #stored: (model: string) => void
  #offer: Offer | undefined
  #sending = Promise.resolve()

  /** `stored` hears the name of each model that has arrived. */
  constructor (list: HTMLElement, add: HTMLElement, stored: (model: string) => void) {
    this.#list = list
    this.#add = add
    this.#stored = stored
    const input = required(add, 'input', HTMLInputElement)
    input.addEventListener('change', () => {
      this.#take([...input.files ?? []])
      input.value = ''
    })
    for (const type of ['dragenter', 'dragover']) document.addEventListener(type, event => { this.#over(event as DragEvent) })
    document.addEventListener('dragleave', ({ relatedTarget }) => { if (relatedTarget === null) this.#mark(false) })
    document.addEventListener('drop', event => {
      if (!carriesFiles(event)) return
      event.preventDefault() // Else the browser would leave the page for the file.
      this.#mark(false)
      if (this.#offer !== undefined) this.#take([...event.dataTransfer?.files ?? []])
    })
  }

  /** What the service takes now; undefined: nothing. */
  offer (upload: Offer | undefined): void {
    this.#offer = upload
    this.#add.hidden = upload === undefined
    if (upload !== undefined) required(this.#add, 'input', HTMLInputElement).accept = upload.endings.join(',')
  }

  #over (event: DragEvent): void {
    if (!carriesFiles(event)) return
    event.preventDefault()
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = this.#offer === undefined ? 'none' : 'copy'
    this.#mark(this.#offer !== undefined)
  }

  #mark (dropping: boolean): void {
    document.body.classList.toggle('dropping', dropping)
  }

  #take (files: File[]): void {
    for (const file of files) this.#send(file)
  }

  #send (file: File): void {
    const row = fromTemplate('upload-row')
    const words = required(row, '[data-role=words]', HTMLElement)
    const progress = required(row, 'progress', HTMLProgressElement)
    const away = required(row, '[data-role=away]', HTMLButtonElement)
    const giveUp = new AbortController()
    required(row, '[data-role=file]', HTMLElement).textContent = file.name
    progress.setAttribute('aria-label', `${file.name}: sent`)
    away.addEventListener('click', () => {
      giveUp.abort()
      row.remove()
    })
    const end = (state: 'stored' | 'refused', said: string): void => {
      row.dataset['state'] = state
      words.textContent = said
      away.title = 'Dismiss'
      away.setAttribute('aria-label', `Dismiss ${file.name}`)
    }
    words.textContent = `Waiting, ${bytes(file.size)}`
    away.setAttribute('aria-label', `Cancel ${file.name}`)
    this.#list.append(row)
    const problem = this.#problem(file)
    if (problem !== undefined) return end('refused', problem)
    this.#sending = this.#sending.then(async () => {
      if (giveUp.signal.aborted) return
      const outcome = await sendModel(file, giveUp.signal, sent => {
        progress.value = sent / Math.max(1, file.size)
        words.textContent = sent < file.size ? `${bytes(sent)} of ${bytes(file.size)}` : 'Arrived, being stored'
      })
      if (outcome.status === 'refused') return end('refused', outcome.words)
      if (outcome.status === 'given-up') return
      end('stored', `Added as “${outcome.name}”`)
      this.#stored(outcome.name)
    })
  }

  /** What is known to be refused is not sent. */
  #problem (file: File): string | undefined {
    const { bytes: most = Infinity, endings = [] } = this.#offer ?? {}
    if (!endings.some(ending => file.name.toLowerCase().endsWith(ending))) return `Not a model that can be shown: only ${endings.join(', ')} are.`
    if (file.size > most) return `Too large: ${bytes(file.size)}, and ${bytes(most)} are allowed.`
    return file.size === 0 ? 'The file is empty.' : undefined
  }
}

const carriesFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') === true
