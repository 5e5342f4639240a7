import { createHash, timingSafeEqual } from 'node:crypto'
import { isFromThisMachine, type Origins } from './this-machine.ts'

/** Who may stop the service. */
export interface Administration {
  /** Whether anybody may, as officially. */
  open: boolean
  /** Key that lets in whoever has it; empty: there is none. */
  adminKey: string
}

/** Whether a caller may stop the service: a program on this machine, or one with the key; where it is about one session, our own page too. */
export function mayAdminister (caller: Origins, { open, adminKey }: Administration, who: 'programs' | 'programs and pages' = 'programs'): boolean {
  return open || isFromThisMachine(caller, who) || (adminKey !== '' && sameText(bearer(caller.headers.authorization), adminKey))
}

const bearer = (authorization = '') => /^Bearer +(\S.*)$/i.exec(authorization)?.[1] ?? ''
const digest = (text: string) => createHash('sha256').update(text).digest()

/** Takes as long whether the texts differ early or late. */
const sameText = (given: string, wanted: string) => timingSafeEqual(digest(given), digest(wanted))
