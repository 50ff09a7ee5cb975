const places = ['External Context Store', 'Cookie', 'External Store'].map((name) => `Koa Session ${name}`)
const maxAge = [
  'should set sessionOptions.maxAge',
  'should save even session not change',
  'should save when create session only with maxAge',
]

/** The tests of koa-session that fail on purpose, by reason. docs/migrating/koa-session.md says more of each. */
export const differences: Readonly<Record<string, readonly string[]>> = {
  'attributes of a cookie are written in capitals; their case means nothing (RFC 6265)': [
    ...places.flatMap((place) => maxAge.map((title) => `${place} ctx.session.maxAge= ${title}`)),
    'Koa Session Cookie options.sameSite should return opt.sameSite=none',
    'Koa Session Cookie options.sameSite should return opt.sameSite=lax',
  ],
  'there is no second cookie with a signature: an id is random, and what is in a cookie is sealed': [
    'Koa Session Cookie when rolling set to true should send set-cookie when session exists and not change',
    'Koa Session External Store when rolling set to true should send set-cookie when session exists and not change',
    'Koa Session External Store when renew set to true should send set-cookie when session near expire and not change',
    'Koa Session External Store when renew set to true should not send set-cookie when session not near expire and not change',
  ],
  'ids are random: none is made by genid or begins with prefix, and a session has none before it is stored': [
    'Koa Session External Context Store new session when populated should Set-Cookie',
    'Koa Session External Context Store new session when populated should pass sid to middleware',
    'Koa Session External Store when prefix present should still work',
    'Koa Session External Key custom get/set external key should still work',
  ],
  'a session in a cookie is sealed, so encode is not used, and decode is for old cookies': [
    'Koa Session Cookie when decode session Other Error should throw',
    'Koa Session Cookie when encode session error should throw',
    'Koa Session Cookie when options.encode and options.decode are functions they are used to encode/decode stored cookie values should work',
  ],
  'of a session that has expired nothing is read any more: the event has the dead id, which is written otherwise, and no data':
    ['Koa Session External Store when maxAge present and expired should expire the sess'],
  'options are checked and read once, without zod, and cannot be changed afterwards': [
    'Koa Session External Key when the external key set/get is invalid should throw a error',
    'Koa Session External Store when the session contains a ; should disable store on options',
    'test/index.test.js',
  ],
}
