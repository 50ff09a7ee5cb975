import { pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** Whether `password` is the one of which Django has stored `column`: `pbkdf2_sha256$<rounds>$<salt>$<hash>`. */
export async function isPassword(password: string, column: string): Promise<boolean> {
  const [algorithm, rounds, salt = '', hash = ''] = column.split('$')
  if (algorithm !== 'pbkdf2_sha256') return false
  const stored = Buffer.from(hash, 'base64')
  const made = await promisify(pbkdf2)(password, salt, Number(rounds), 32, 'sha256')
  return stored.length === made.length && timingSafeEqual(made, stored)
}
