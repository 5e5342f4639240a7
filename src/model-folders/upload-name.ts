import { extname } from 'node:path'

/** Bytes of a file name with its ending; file systems take 255. */
const longest = 200
/** Windows gives these names to devices. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)$/i

/** What a file that somebody sends is called here: no folder, nothing hidden, nothing that a file system or a shell would stumble over. `null`: nothing is left of it. */
export function uploadName (sent: string): { file: string, name: string, ending: string } | null {
  const plain = sent.normalize('NFC').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}/\\:*?"<>|]+/gu, '_').replace(/\s+/gu, ' ').replace(/^[. _]+/, '').trim()
  const ending = extname(plain).toLowerCase()
  let name = plain.slice(0, plain.length - ending.length).replace(/[. ]+$/, '')
  while (Buffer.byteLength(name + ending) > longest) name = [...name].slice(0, -1).join('')
  if (name === '' || devices.test(name)) return null
  return { file: name + ending, name, ending }
}
