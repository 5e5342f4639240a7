import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** A file system of a service's own, in memory, that can be filled or put out of reach. It lives as long as a process in it does. */
export class SmallDisk {
  /** Where it is mounted, for the service. */
  readonly folder: string
  #descriptor: number | undefined

  private constructor (folder: string) {
    this.folder = folder
  }

  static make (t: Test): SmallDisk {
    const disk = new SmallDisk(mkdtempSync(join(tmpdir(), 'slipway-disk-')))
    t.teardown(() => {
      if (disk.#descriptor !== undefined) closeSync(disk.#descriptor)
      rmdirSync(disk.folder)
    })
    return disk
  }

  /** The command that a service is started by, so that it alone sees the disk; options as mount takes them. */
  around (options: string): readonly string[] {
    return ['/usr/bin/unshare', '--user', '--map-root-user', '--mount', '/bin/sh', '-c', `mount -t tmpfs -o ${options} tmpfs "$0" && exec "$@"`, this.folder]
  }

  /** The same for another service, beside a process that sees it. */
  beside (pid: number): readonly string[] {
    return ['/usr/bin/nsenter', '-t', String(pid), '-U', '-m', '--preserve-credentials', '--']
  }

  /** What is on it, for this test; it can be looked at when no process sees it any more. @param pid a process that does */
  enter (pid: number): void {
    this.#descriptor ??= openSync(`/proc/${pid}/root${this.folder}`, 'r')
  }

  /** Path of something on it, for this test. */
  path (name: string): string {
    return `/proc/self/fd/${this.#descriptor}/${name}`
  }

  /** Takes the room that is left, to the last byte. */
  fill (): void {
    const file = openSync(this.path('filler'), 'a')
    try {
      for (const size of [65_536, 4_096, 1]) {
        try {
          for (;;) writeSync(file, Buffer.alloc(size))
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        }
      }
    } finally {
      closeSync(file)
    }
  }

  /** Gives the room back. */
  clear (): void {
    rmSync(this.path('filler'))
  }

  /** Puts something read-only in a folder's place, for a process and all that see the same; what is open stays so. */
  lock (pid: number, folder: string): void {
    this.#within(pid, 'mount', '-t', 'tmpfs', '-o', 'ro', 'tmpfs', folder)
  }

  unlock (pid: number, folder: string): void {
    this.#within(pid, 'umount', folder)
  }

  #within (pid: number, ...command: string[]): void {
    const [enter = '', ...words] = this.beside(pid)
    execFileSync(enter, [...words, ...command])
  }
}
