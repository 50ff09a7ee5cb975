import test from 'ava'
import { redisAddress, shownAddress } from '../../../src/lib/engines/redis/address.js'
import { errorSays, isDenied, isErrorReply } from '../../../src/lib/engines/redis/client.js'
import { characterToEscapeInList } from '../../../src/lib/engines/url-escapes.js'
import { openSessions } from '../../../src/lib/index.js'

const addresses: readonly [text: string, kind: string | undefined, ...urls: readonly string[]][] = [
  ['redis://a', 'single', 'redis://a'],
  ['rediss://u:p@a:1/2', 'single', 'rediss://u:p@a:1/2'],
  ['redis://a:1,redis://b:2', 'cluster', 'redis://a:1', 'redis://b:2'],
  ['redis://a:1,b:2, c:3', 'cluster', 'redis://a:1', 'redis://b:2', 'redis://c:3'],
  ['rediss://u:p@a:1,b,[::1]:3', 'cluster', 'rediss://u:p@a:1', 'rediss://u:p@b', 'rediss://u:p@[::1]:3'],
  ['redis://a:1,rediss://u:p@b:2,c:3', 'cluster', 'redis://a:1', 'rediss://u:p@b:2', 'rediss://u:p@c:3'],
  ['redis+cluster://a:1', 'cluster', 'redis://a:1'],
  ['rediss+cluster://u:p@a:1,b:2/', 'cluster', 'rediss://u:p@a:1', 'rediss://u:p@b:2'],
  ['redis+sentinel://a,b:2/name', 'sentinel', 'redis://a:26379', 'redis://b:2'],
  ['a:1,redis://b:2', undefined],
  ['redis://a,x@b', undefined],
  ['redis://a,', undefined],
  ['redis://u:p,w@a:1', undefined],
  ['redis+cluster://a:1/2', undefined],
  ['redis+cluster://', undefined],
  ['redis+sentinel://a', undefined],
  ['http://a', undefined],
]
for (const [text, kind, ...urls] of addresses) {
  test(`${text} is ${kind ?? 'no address'}`, (t) => {
    const address = redisAddress(text)
    t.true(address?.kind === kind)
    if (address === undefined) return
    t.deepEqual(address.kind === 'single' ? [address.url] : address.urls, urls)
    t.notRegex(shownAddress(address), /u:p/)
  })
}

/** By the character that has to be escaped. */
const unescaped: readonly [text: string, character: string | undefined][] = [
  ['redis://u:p#w@a:1', '#'],
  ['redis://u:1#w@a:1', '#'],
  ['redis://u:p/w@a:1/2', '/'],
  ['rediss://u:1/w@a:1', '/'],
  ['redis://u:p?w@a', '?'],
  ['redis://u:p%@a', '%'],
  ['redis://u:p,w@a', ','],
  ['redis://a:1, redis://u:p#w@b:2', '#'],
  ['redis+cluster://u:p#w@a:1,b:2', '#'],
  ['redis+sentinel://u:p/w@a,b:2/name', '/'],
  ['redis://u:p@a:1,b:2', undefined],
  ['redis://a:1,rediss://u:p%23@b:2,c:3', undefined],
  ['redis+sentinel://u:p@a,b:2/name/3', undefined],
  ['redis://h/0?client_name=a@b', undefined],
]
for (const [text, character] of unescaped) {
  test(`in ${text} ${character ?? 'nothing'} has to be escaped`, async (t) => {
    t.is(characterToEscapeInList(text), character)
    if (character === undefined) return
    const error = await t.throwsAsync(openSessions({ engine: 'redis', redisUrl: text }), {
      message: RegExp(`write \\${character} as %`),
    })
    t.notRegex(error.message, /[:1]w@/)
  })
}

/** What servers of several versions say, word for word. */
const REPLIES = {
  replica: [
    "READONLY You can't write against a read only replica.",
    "READONLY You can't write against a read only replica. script: 0e4a, on @user_script:9.",
    "ERR Error running script (call to f_0e4a): @user_script:9: -READONLY You can't write against a read only replica. ",
    "-READONLY You can't write against a read only replica.",
  ],
  denied: [
    "NOPERM this user has no permissions to run the 'scan' command",
    "NOPERM User ada has no permissions to run the 'scan' command",
    'NOPERM No permissions to access a key',
    'NOPERM this user has no permissions to access one of the keys used as arguments',
    "ERR ACL failure in script: User ada has no permissions to run the 'del' command script: 0e4a, on @user_script:9.",
    "ERR Error running script (call to f_0e4a): @user_script:9: The user executing the script can't run this command or subcommand ",
    "ERR Error running script (call to f_0e4a): @user_script:9: The user executing the script can't access at least one of the keys mentioned in the command arguments ",
  ],
}

test('an error reply is told by what it says anywhere', (t) => {
  for (const message of REPLIES.replica) {
    t.true(errorSays(new Error(message), 'CLUSTERDOWN', 'READONLY'), message)
    t.true(isErrorReply(new Error(message)), message)
    t.false(isDenied(new Error(message)), message)
    t.false(errorSays(new Error(message), 'READ', 'NOSCRIPT'), message)
  }
  for (const message of REPLIES.denied) t.true(isDenied(new Error(message)), message)
  for (const message of ['Socket closed unexpectedly', 'connect ECONNREFUSED 127.0.0.1:1']) {
    t.false(isErrorReply(new Error(message)), message)
  }
})
