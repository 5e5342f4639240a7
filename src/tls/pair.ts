import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'

/** Where a certificate and its private key are kept; absolute paths. */
export interface PairFiles {
  /** PEM: the certificate first, then those that lead up to its authority. */
  certificateFile: string
  /** PEM, without a passphrase. */
  keyFile: string
}

/** A certificate and the private key that belongs to it. */
export interface Pair {
  cert: string
  key: string
  /** SHA-256 of the certificate itself, as `getPeerCertificate` of a TLS socket writes it. */
  fingerprint: string
  /** In words: whom it is for. */
  subject: string
  /** In words: the moment from which nobody accepts it any more. */
  validTo: string
}

/** What is wrong with one of the two files. */
export interface PairProblem { file: keyof PairFiles, problem: string }

export type PairReading =
  | { status: 'read', pair: Pair }
  | { status: 'unusable', problems: PairProblem[] }

/** Reads both files and sees that they fit each other. Never rejects: everything that is wrong is told. */
export async function readPair (files: PairFiles): Promise<PairReading> {
  const { certificateFile, keyFile } = files
  const problems: PairProblem[] = []
  const read = async <T>(file: keyof PairFiles, parse: (pem: string) => T, otherwise: string): Promise<{ pem: string, parsed: T } | undefined> => {
    try {
      const pem = await readFile(files[file], 'utf8')
      return { pem, parsed: parse(pem) }
    } catch (error) {
      const { syscall, code } = error as NodeJS.ErrnoException
      problems.push({ file, problem: `${files[file]} ${syscall === undefined ? otherwise : `cannot be read (${code})`}` })
    }
  }
  const certificate = await read('certificateFile', pem => new X509Certificate(pem), 'is no certificate in PEM')
  const key = await read('keyFile', createPrivateKey, 'is no private key in PEM without a passphrase')
  if (certificate === undefined || key === undefined) return { status: 'unusable', problems }
  const [cert, own] = [certificate.parsed, key.parsed]
  if (!cert.checkPrivateKey(own)) return { status: 'unusable', problems: [{ file: 'keyFile', problem: `${keyFile} is not the key of ${certificateFile}` }] }
  try {
    createSecureContext({ cert: certificate.pem, key: key.pem })
  } catch (error) {
    return { status: 'unusable', problems: [{ file: 'certificateFile', problem: `${certificateFile} cannot be served: ${(error as Error).message}` }] }
  }
  const { fingerprint256, subject, subjectAltName, validTo } = cert
  return { status: 'read', pair: { cert: certificate.pem, key: key.pem, fingerprint: fingerprint256, subject: subjectAltName ?? subject, validTo } }
}
