import type { Tunnel } from './tunnel.ts'

/** Bytes relayed, both ways. */
export interface TunnelBytes { toViewer: number, fromViewer: number }

/** The tunnels open now, by whom they belong to, and what all of them together have carried since the start. */
export class TunnelSet {
  readonly #open = new Map<Tunnel, string>()
  readonly #closed: TunnelBytes = { toViewer: 0, fromViewer: 0 }

  get size (): number { return this.#open.size }

  [Symbol.iterator] (): IterableIterator<Tunnel> { return this.#open.keys() }

  /** Keeps a tunnel until it closes. */
  add (owner: string, tunnel: Tunnel): void {
    this.#open.set(tunnel, owner)
    void tunnel.closed.then(({ bytesToViewer, bytesFromViewer }) => {
      this.#open.delete(tunnel)
      this.#closed.toViewer += bytesToViewer
      this.#closed.fromViewer += bytesFromViewer
    })
  }

  /** The owner's open tunnels. */
  of (owner: string): Tunnel[] {
    return [...this.#open].flatMap(([tunnel, whose]) => whose === owner ? [tunnel] : [])
  }

  /** Totals, open tunnels included; they never fall. */
  bytes (): TunnelBytes {
    const total = { ...this.#closed }
    for (const tunnel of this.#open.keys()) {
      total.toViewer += tunnel.bytesToViewer
      total.fromViewer += tunnel.bytesFromViewer
    }
    return total
  }

  /** Closes all at once; resolves when they are closed. */
  async destroy (): Promise<void> {
    const open = [...this.#open.keys()]
    for (const tunnel of open) tunnel.destroy()
    await Promise.all(open.map(tunnel => tunnel.closed))
  }
}
