import type { Clock } from '../clock.ts'
import { Streamer } from './csr/streamer.ts'
import type { Log } from './log.ts'
import type { Pack } from './models/pack.ts'
import type { StreamingMode } from './protocol.ts'
import { ImageStreamer } from './ssr/image-streamer.ts'
import { TexturedSource } from './textures/textured-source.ts'
import type { ViewerLine } from './viewer-line.ts'

/** The geometry of a pack, over a line. `onBroken` is told once, in a sentence for people, when there can be no more. */
export function geometryStream (pack: Pack, line: ViewerLine, mode: StreamingMode, log: Log, onBroken: (words: string) => void): Streamer {
  return new Streamer(new TexturedSource(pack), {
    get buffered () { return line.buffered },
    sendFile: glb => { line.sendFile(glb) },
    sendDrop: message => { line.say(message) },
    sendIdle: message => {
      line.say(message)
      log.detail(`camera ${message.seq} is complete: ${message.chunks} files, ${message.bytes} bytes so far`)
    }
  }, mode, error => {
    log.info(`the pack cannot be read: ${error.message}`)
    onBroken('The prepared model cannot be read any more.')
  })
}

/** The same for pictures of it, which `program`, the bundled `render.mjs`, paints. */
export function pictureStream (pack: Pack, line: ViewerLine, program: string, clock: Clock, log: Log, onBroken: (words: string) => void): ImageStreamer {
  return new ImageStreamer({
    source: pack,
    program,
    outlet: {
      get buffered () { return line.buffered },
      sendFrame: (message, file) => {
        line.say(message)
        line.sendFile(file)
      },
      ping: mark => { line.ping(mark) },
      sendPicked: message => { line.say(message) }
    },
    clock,
    onEquipped: words => { log.info(`pictures come from ${words}`) },
    onBroken: error => {
      log.info(`no more pictures: ${error.stack}`)
      onBroken('The stream server cannot render the model.')
    }
  })
}
