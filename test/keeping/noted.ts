import type { Note } from '../../src/keeping/note.ts'

/** A note of a session that somebody looks at. */
export const noted = (id: string, changes: Partial<Note> = {}): Note => ({
  id,
  renderer: 'csr',
  model: 'engine',
  via: 'rest',
  caller: '127.0.0.1',
  token: null,
  state: 'connected',
  reason: null,
  port: 20_001,
  pid: 77,
  startTime: '1000',
  executable: '/opt/ts3d_sc_server',
  gpu: null,
  createdAt: 900_000.5,
  requestedAt: 900_001,
  readyAt: 900_100,
  connectedAt: 900_200,
  ...changes
})
