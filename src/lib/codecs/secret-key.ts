/** What a key should be, after "give" or "needs". */
export const GOOD_KEY =
  '32 characters or more that nobody can guess, such as `npx koa-tessera generate-key` or `openssl rand -base64 48` prints'

/** Characters. At random from base64 these are 192 bits. */
export const SHORTEST_KEY = 32

/** Letters. A word of this length stands somewhere in one of ten billion random keys. */
const LONG_WORD = 8

/** Of 32 random hexadecimal digits one key in 26 million has fewer different ones. */
const FEWEST_DIFFERENT = 8

/**
 * Words of keys that stand in somebody's documentation, template or example; without case, spaces and punctuation. A key
 * begins with one, or holds a long one anywhere. Of six letters or more, so that no random key is taken for one.
 */
const PLACEHOLDERS = [
  ...[
    'changeme',
    'changethis',
    'changeit',
    'replaceme',
    'replacethis',
    'replacewith',
    'placeholder',
    'fillme',
  ],
  ...[
    'secret',
    'yoursecret',
    'mysecret',
    'supersecret',
    'topsecret',
    'verysecret',
    'thisisasecret',
    'notasecret',
  ],
  ...[
    'yourkey',
    'yourapp',
    'enteryour',
    'putyour',
    'insertyour',
    'somesecret',
    'somerandom',
    'arandom',
    'asecretkey',
    'secretkey',
    'appsecret',
    'sessionsecret',
    'cookiesecret',
  ],
  ...['djangoinsecure', 'insecure', 'keyboardcat', 'password', 'passphrase', 'example', 'default', 'sample'],
  ...['correcthorsebatterystaple', 'loremipsum', 'qwertyuiop', 'letmein', 'foobar'],
]

/**
 * Of each key what makes it weak, after "it", or `undefined`. A key that is given twice is weak too: whoever gives it
 * again means to replace it, and does not (S55).
 */
export function weaknessesOf(keys: readonly string[]): readonly (string | undefined)[] {
  return keys.map((key, place) => (keys.indexOf(key) < place ? 'is given twice' : weaknessOf(key)))
}

/**
 * What makes the key easy to guess, after "it": "is shorter than …"; `undefined` if nothing that can be seen does. Says
 * nothing of the key itself (S55).
 */
export function weaknessOf(key: string): string | undefined {
  if (isPlaceholder(key)) return 'is a placeholder that anybody can guess'
  if (key.length < SHORTEST_KEY) return `is shorter than ${SHORTEST_KEY} characters`
  if (isRepeated(key)) return 'repeats the same few characters'
  if (new Set(key).size < FEWEST_DIFFERENT) return `has fewer than ${FEWEST_DIFFERENT} different characters`
  if (isSequence(key)) return 'follows the alphabet'
  return undefined
}

function isPlaceholder(key: string): boolean {
  const letters = key.toLowerCase().replace(/[^a-z0-9]/g, '')
  return PLACEHOLDERS.some((word) =>
    word.length >= LONG_WORD ? letters.includes(word) : letters.startsWith(word),
  )
}

/** Whether the key begins again too early, for a third of its length at the least: it is worth no more than once. */
function isRepeated(key: string): boolean {
  const latest = Math.min(SHORTEST_KEY - 1, Math.floor((key.length * 2) / 3))
  for (let period = 1; period <= latest; period++) {
    if (key.startsWith(key.slice(period))) return true
  }
  return false
}

/** Whether most characters are the next, the one before, or the same as their neighbour; of random ones few are. */
function isSequence(key: string): boolean {
  let steps = 0
  for (let at = 1; at < key.length; at++) {
    if (Math.abs(key.charCodeAt(at) - key.charCodeAt(at - 1)) <= 1) steps += 1
  }
  return steps > key.length / 2
}
