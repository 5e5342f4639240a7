import type { Test } from 'tap'
import { certificates } from '../fixtures/certificates.ts'

/** Everything encrypted, in the official words, with a new certificate; and what the stand-in for the stream server needs to trust it. */
export function encryption (t: Test) {
  const issued = certificates(t)
  return {
    ...issued,
    config: {
      publicHostname: 'localhost',
      sslCertificateFile: issued.files.certificateFile,
      sslPrivateKeyFile: issued.files.keyFile,
      sslEnableSpawnServer: true,
      sslEnableFileServer: true,
      sslEnableScServer: true
    },
    env: { NODE_EXTRA_CA_CERTS: issued.authorityFile, SLIPWAY_CHILD_ENV: 'NODE_EXTRA_CA_CERTS' }
  }
}
