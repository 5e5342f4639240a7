import type { Row } from './contract.ts'
import { clientRows } from './rows-clients.ts'
import { encryptionRows } from './rows-encryption.ts'
import { fileServerRows } from './rows-file-server.ts'
import { fileRows } from './rows-files.ts'
import { logRows } from './rows-logs.ts'
import { pageRows } from './rows-pages.ts'
import { spawnRows } from './rows-spawn.ts'
import { streamServerRows } from './rows-stream-server.ts'
import { websocketRows } from './rows-websocket.ts'

/** Every row, in the order of the contract. */
export const rows: readonly Row[] = [...spawnRows, ...pageRows, ...websocketRows, ...fileServerRows, ...fileRows, ...encryptionRows, ...streamServerRows, ...logRows, ...clientRows]
  .sort((a, b) => a.section.localeCompare(b.section, 'en', { numeric: true }))
