const uses = ['rss', 'heapTotal', 'heapUsed', 'external', 'arrayBuffers'] as const

/** Bytes by what they are used for, as Node tells them. */
export type Memory = Record<typeof uses[number], number>

/** Memory in the official server's form: megabytes with three decimals, as text. */
export function memoryPage (memory: Memory): Record<string, string> {
  return Object.fromEntries(uses.map(use => [use, `${(memory[use] / 1e6).toFixed(3)} MB`]))
}

/** How much more memory is used after than before; negative where there is less. */
export function gained (before: Memory, after: Memory): Memory {
  return Object.fromEntries(uses.map(use => [use, after[use] - before[use]])) as Memory
}
