/** Numbers that are the same in every run. */
export function chance (seed: number) {
  let state = seed
  return (below: number) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0
    return ((state ^ (state >>> 13)) >>> 0) % below
  }
}

const wild = ['-1', '1e999', 'NaN', '4294967295', '0', '', '"', '<', '{', '}', '[', ']', '\0', '999999999', '-', '/', '#', '\n', '1e-300', '0x7f']

/** The bytes with some changed, cut out, doubled, or replaced by what files should not have. */
export function mutated (bytes: Buffer, pick: (below: number) => number): Buffer {
  let made = Buffer.from(bytes)
  for (let times = 1 + pick(4); times > 0; times--) {
    const at = pick(made.length || 1)
    switch (pick(6)) {
      case 0: made[at] = pick(256); break
      case 1: made[at] = (made[at] ?? 0) ^ (1 << pick(8)); break
      case 2: made = made.subarray(0, at); break
      case 3: made = Buffer.concat([made.subarray(0, at), made.subarray(at + pick(64))]); break
      case 4: made = Buffer.concat([made.subarray(0, at), Buffer.from(wild[pick(wild.length)] ?? ''), made.subarray(at + pick(8))]); break
      case 5: made = Buffer.concat([made.subarray(0, at), made.subarray(Math.max(0, at - pick(64)))])
    }
  }
  return made
}
