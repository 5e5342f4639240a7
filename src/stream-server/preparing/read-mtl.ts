import { linear, plainFinish } from './assembly.ts'
import type { Finish } from './assembly.ts'
import { linesOf, wordsOf } from './lines.ts'

/** The looks that an MTL file describes, by name: diffuse colour, opacity, shininess or its successors. What it does not say is plain. */
export function readMtl (bytes: Buffer): Map<string, Finish> {
  const found = new Map<string, Finish>()
  let finish: Finish = plainFinish
  for (const line of linesOf(bytes)) {
    const [word, ...words] = wordsOf(line)
    const number = Number(words[0])
    const { color: [r, g, b, a] } = finish
    switch (word) {
      case 'newmtl':
        finish = { ...plainFinish }
        if (found.size < 100_000) found.set(words.join(' '), finish)
        break
      case 'Kd':
        if (words.length >= 3 && !Number.isNaN(number)) finish.color = [linear(number), linear(Number(words[1])), linear(Number(words[2])), a]
        break
      case 'd': if (number >= 0 && number <= 1) finish.color = [r, g, b, number]; break
      case 'Tr': if (number >= 0 && number <= 1) finish.color = [r, g, b, 1 - number]; break
      case 'Ns': if (number >= 0) finish.roughness = Math.sqrt(2 / (number + 2)); break
      case 'Pr': if (number >= 0) finish.roughness = number; break
      case 'Pm': if (number >= 0) finish.metallic = number; break
    }
  }
  return found
}
