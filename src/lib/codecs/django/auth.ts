import { createHmac, type KeyObject } from 'node:crypto'
import { isSame, type Keys } from '../keys.js'
import { saltedKeys } from './salted-keys.js'

/** What Django derives the key from. */
const SALT = 'django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash'

/** Which log-ins Django accepts: each session bears a hash of the password that the user had when they logged in. */
export class DjangoAuth {
  readonly #secrets: readonly [string, ...string[]]
  /** Derived when they are needed first: most applications have nothing to do with Django. */
  #derived: Keys | undefined

  /** `secrets`: Django's `SECRET_KEY`, then its `SECRET_KEY_FALLBACKS`. */
  constructor(secrets: readonly [string, ...string[]]) {
    this.#secrets = secrets
  }

  /** `_auth_user_hash` of a log-in now. `password`: the column of the user's table as it is, itself a hash. */
  hashOf(password: string): string {
    return hashWith(this.#keys[0], password)
  }

  /** Whether a log-in with this `_auth_user_hash` is of the user's present password. In constant time. */
  accepts(hash: string, password: string): boolean {
    return this.#keys.some((key) => isSame(hash, hashWith(key, password)))
  }

  get #keys(): Keys {
    this.#derived ??= saltedKeys(SALT, this.#secrets)
    return this.#derived
  }
}

function hashWith(key: KeyObject, password: string): string {
  return createHmac('sha256', key).update(password).digest('hex')
}
