import { z } from 'zod'
import { ENGINE_NAMES, type EngineName, engineNamed } from '../engines/names.js'
import { either, type Kind, text } from './kinds.js'

export const engine: Kind<EngineName> = {
  schema: z
    .string({ error: 'is no engine' })
    .transform(engineNamed)
    .pipe(z.enum(ENGINE_NAMES, { error: 'is no engine' })),
  read: (name) => name,
  right: either(ENGINE_NAMES),
  choices: ENGINE_NAMES,
}

export const databaseUrl: Kind<string> = text({
  pattern: /^sqlite:(?!\/*$)[^\0]+$/,
  problem: 'names no database that is supported',
  right: 'sqlite:path, sqlite://path or sqlite::memory:',
})

export const redisUrl: Kind<string> = {
  schema: z
    .string({ error: 'is not text' })
    .refine(isRedisUrl, { error: 'is not the URL of a Redis server' }),
  read: (url) => url,
  right: 'a URL such as redis://127.0.0.1:6379; rediss: for TLS',
}

function isRedisUrl(url: string): boolean {
  return /^rediss?:\/\//.test(url) && URL.canParse(url) && new URL(url).hostname !== ''
}

export const path: Kind<string> = text({ right: 'a path' })

/** What may stand before a key in every store: no separator of any of them. */
export const keyPrefix: Kind<string> = text({
  pattern: /^[A-Za-z0-9_-]{1,64}$/,
  problem: 'cannot stand before a key',
  right: '1 to 64 letters, digits, dashes and underscores',
})
