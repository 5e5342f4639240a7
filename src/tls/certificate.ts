import { EventEmitter } from 'node:events'
import { stat } from 'node:fs/promises'
import type { SecureContextOptions, Server } from 'node:tls'
import type { Clock } from '../clock.ts'
import { readPair, type Pair, type PairFiles } from './pair.ts'

interface CertificateEvents {
  /** The files hold another pair; new connections get it from now on. */
  replaced: [pair: Pick<Pair, 'subject' | 'validTo'>]
  /** The files have changed and cannot be used: the pair before them stays. Told once for each change. */
  unusable: [problem: string]
}

/** Milliseconds between two looks at the files. */
const interval = 5_000

/**
 * The one certificate of this service, kept as its files are: whoever listens with it presents a new one as soon as both files have
 * changed and fit each other, and connections that are open live on. `watch` begins to look, `close` ends it.
 */
export class Certificate extends EventEmitter<CertificateEvents> {
  readonly #files: PairFiles
  readonly #clock: Clock
  readonly #servers = new Set<Server>()
  readonly #fingerprints = new Set<string>()
  #pair: Pair
  #stamp: string
  #looking: Promise<void> | undefined
  #cancel = () => {}
  #closed = false

  private constructor (files: PairFiles, clock: Clock, pair: Pair, stamp: string) {
    super()
    this.#files = files
    this.#clock = clock
    this.#pair = pair
    this.#stamp = stamp
    this.#fingerprints.add(pair.fingerprint)
  }

  /** @throws Error when the files cannot be used */
  static async open (files: PairFiles, clock: Clock): Promise<Certificate> {
    const stamp = await stampOf(files)
    const reading = await readPair(files)
    if (reading.status === 'unusable') throw new Error(inWords(reading.problems))
    return new Certificate(files, clock, reading.pair, stamp)
  }

  /** What a server or a client presents now; nothing older than TLS 1.2 is spoken. */
  get options (): SecureContextOptions {
    return { cert: this.#pair.cert, key: this.#pair.key, minVersion: 'TLSv1.2' }
  }

  /** Keeps what `server` presents up to date until it closes. */
  serve (server: Server): void {
    this.#servers.add(server)
    server.once('close', () => { this.#servers.delete(server) })
  }

  /** Whether this is, or has been since the start, the certificate in the files: a process presents for life what it began with. */
  isOurs (fingerprint: string): boolean {
    return this.#fingerprints.has(fingerprint)
  }

  watch (): void {
    if (this.#closed) return
    this.#cancel = this.#clock.after(interval, () => { void this.look().then(() => { this.watch() }) })
  }

  /** Looks at the files now. Never rejects. */
  look (): Promise<void> {
    this.#looking ??= this.#read().finally(() => { this.#looking = undefined })
    return this.#looking
  }

  close (): void {
    this.#closed = true
    this.#cancel()
  }

  async #read (): Promise<void> {
    const stamp = await stampOf(this.#files)
    if (stamp === this.#stamp) return
    const reading = await readPair(this.#files)
    // Written to while they were read: the next look sees them whole.
    if (this.#closed || await stampOf(this.#files) !== stamp) return
    this.#stamp = stamp
    if (reading.status === 'unusable') {
      this.emit('unusable', inWords(reading.problems))
      return
    }
    if (reading.pair.fingerprint === this.#pair.fingerprint && reading.pair.cert === this.#pair.cert && reading.pair.key === this.#pair.key) return
    this.#pair = reading.pair
    this.#fingerprints.add(reading.pair.fingerprint)
    for (const server of this.#servers) server.setSecureContext(this.options)
    const { subject, validTo } = reading.pair
    this.emit('replaced', { subject, validTo })
  }
}

const inWords = (problems: ReadonlyArray<{ problem: string }>) => problems.map(({ problem }) => problem).join('; ')

/** Different whenever a file was written, replaced or removed. */
async function stampOf ({ certificateFile, keyFile }: PairFiles): Promise<string> {
  const stamps = await Promise.all([certificateFile, keyFile].map(async file =>
    await stat(file, { bigint: true }).then(({ mtimeNs, size, ino }) => `${mtimeNs} ${size} ${ino}`, (error: NodeJS.ErrnoException) => String(error.code))))
  return stamps.join(', ')
}
