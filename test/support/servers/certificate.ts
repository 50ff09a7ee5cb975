import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The paths of a certificate for 127.0.0.1, which vouches for itself, and of its key. */
export function makeCertificate(): { certificate: string; key: string } {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-tls-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=tessera test', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-out', certificate, '-keyout', key],
    ],
    { stdio: 'pipe' },
  )
  // A server runs as another user where the tests run as root.
  chmodSync(directory, 0o755)
  chmodSync(key, 0o644)
  return { certificate, key }
}
