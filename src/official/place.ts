import { existsSync, statSync } from 'node:fs'
import { homedir, networkInterfaces } from 'node:os'
import { join, resolve } from 'node:path'

/** What a translation needs to know of the machine. */
export interface Place {
  home: string
  platform: NodeJS.Platform
  /** Whether the machine has any IPv6 address. */
  ipv6: boolean
  exists: (path: string) => boolean
  isFile: (path: string) => boolean
}

/** The machine this program runs on, looked at as it is asked. */
export function thisPlace (): Place {
  return {
    home: homedir(),
    platform: process.platform,
    ipv6: Object.values(networkInterfaces()).flat().some(address => address?.family === 'IPv6'),
    exists: existsSync,
    isFile: path => statSync(path, { throwIfNoEntry: false })?.isFile() === true
  }
}

/** An official path made absolute: `~/` is the home folder, anything else relative starts at `base`. */
export function absolute (given: string, base: string, home: string): string {
  return /^~($|[/\\])/.test(given) ? join(home, given.slice(1)) : resolve(base, given)
}
