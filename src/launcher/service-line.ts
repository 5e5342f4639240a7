import { Socket } from 'node:net'
import { MessageReader, encode, isOrder } from './protocol.ts'
import type { Answer, Order } from './protocol.ts'

/** Bytes of answers that may wait for the service to read them before output is told no longer. */
const WAITING_BYTES = 1024 * 1024

/** The launcher's line to the service. */
export interface ServiceLine {
  tell: (answer: Answer) => void
  /** No more is heard; `done` is called when what was told is on its way. */
  end: (done: () => void) => void
}

/** What the launcher does with what it hears. */
export interface Hearer {
  obey: (order: Order) => void
  /** The service is gone for good, or cannot be understood: then in words. */
  gone: (problem?: string) => void
}

/** The line of a launcher that ends with its service: orders on descriptor 3, answers on descriptor 4. */
export function pipeLine ({ obey, gone }: Hearer): ServiceLine {
  const orders = new Socket({ fd: 3, readable: true, writable: false })
  const answers = new Socket({ fd: 4, readable: false, writable: true })
  answers.on('error', () => { gone() })
  orders.on('error', () => { gone() }).on('end', () => { gone() })
  read(orders, obey, gone)
  tellOver(answers, { type: 'ready' })
  return { tell: answer => { tellOver(answers, answer) }, end: done => { answers.end(done) } }
}

/** Obeys what a stream brings; `problem` is called where it cannot be understood. */
export function read (stream: Socket, obey: (order: Order) => void, problem: (words: string) => void): void {
  const reader = new MessageReader(isOrder)
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const order of reader.push(chunk)) obey(order)
    } catch (error) {
      problem(String(error))
    }
  })
}

/** Writes an answer; output that nobody reads is dropped. */
export function tellOver (stream: Socket, answer: Answer): void {
  if (answer.type === 'output' && stream.writableLength > WAITING_BYTES) return
  if (stream.writable) stream.write(encode(answer))
}
