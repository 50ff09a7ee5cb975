import { z } from 'zod'
import {
  ENGINE_NAMES,
  type EngineName,
  engineNamed,
  isModulePath,
  type ModulePath,
} from '../engines/names.js'
import { redisAddress } from '../engines/redis/address.js'
import { type Kind, text } from './kinds.js'

export const engine: Kind<EngineName | ModulePath> = {
  schema: z
    .string({ error: 'is no engine' })
    .transform((text) => (isModulePath(text) ? text : engineNamed(text)))
    .pipe(z.custom<EngineName | ModulePath>((choice) => choice !== undefined, { error: 'is no engine' })),
  read: (name) => name,
  right: `${ENGINE_NAMES.join(', ')}, or the path of a module such as ./my-engine.js`,
  choices: ENGINE_NAMES,
}

export const databaseUrl: Kind<string> = text({
  pattern: /^(sqlite:(?!\/*$)|(postgres(ql)?|mysql|mariadb):\/\/[^/])[^\0]+$/,
  problem: 'names no database that is supported',
  right: 'sqlite:path, postgres://user@host/database or mysql://user@host/database',
})

/** A table or a schema. PostgreSQL cuts a longer name off at 63 bytes. */
export const databaseName: Kind<string> = text({
  pattern: /^[A-Za-z_][A-Za-z0-9_]{0,62}$/,
  problem: 'cannot be the name of a table or schema',
  right: 'letters, digits and underscores, at most 63, and no digit first',
})

export const redisUrl: Kind<string> = {
  schema: z
    .string({ error: 'is not text' })
    .refine((url) => redisAddress(url) !== undefined, { error: 'is not the URL of a Redis server' }),
  read: (url) => url,
  right:
    'a URL such as redis://127.0.0.1:6379 (rediss: for TLS); for a cluster redis+cluster://host:6379,host:6379; with ' +
    'sentinels redis+sentinel://host:26379,host:26379/name-of-the-primary',
}

export const path: Kind<string> = text({ right: 'a path' })

/** What may stand before a key in every store: no separator of any of them. */
export const keyPrefix: Kind<string> = text({
  pattern: /^[A-Za-z0-9_-]{1,64}$/,
  problem: 'cannot stand before a key',
  right: '1 to 64 letters, digits, dashes and underscores',
})
