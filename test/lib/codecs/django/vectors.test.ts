import test from 'ava'
import { textOf } from '../../../../src/lib/codecs/django/members.js'
import { momentsIn } from '../../../../src/lib/codecs/django/moments.js'
import { membersOf } from '../../../../src/lib/codecs/django/scanner.js'
import { decodeSession, encodeSession } from '../../../../src/lib/codecs/django/session-dict.js'
import { COOKIE_SALT, DjangoSigner, SESSION_SALT } from '../../../../src/lib/codecs/django/signing.js'

const SECRET = 'tessera-django-vectors-0123456789-abcdefghijklmnopqrstuvw'
const OLD_SECRET = 'tessera-django-old-key-0123456789-abcdefghijklmnopqrstuvw'
const NOW = 1_700_000_000_750

/** JSON, and what Django 3.2 to 6.1 make of it at that moment. */
const rows: readonly (readonly [json: string, text: string])[] = [
  ['{}', 'e30:1r31eq:D2h53__xlFYHjtkAWAuF6LRCa8gg-QGQCcFQbrCxXOo'],
  ['{"a":1}', 'eyJhIjoxfQ:1r31eq:P7L0i24526UKDu9djvsKWDEx_fIQIsZPIKKRfM4FN8Q'],
  [
    '{"cart":{"apples":3,"pears":[1,2.5,null,true]}}',
    'eyJjYXJ0Ijp7ImFwcGxlcyI6MywicGVhcnMiOlsxLDIuNSxudWxsLHRydWVdfX0:1r31eq:cZ9opeYJs2o0LShEal8u_fEl7NyP0ve9OXnQxOFewyk',
  ],
  [
    '{"k":"\\u00e9\\ud83d\\ude00\\u007f\\u2028</script>\\"\\\\\\n"}',
    'eyJrIjoiXHUwMGU5XHVkODNkXHVkZTAwXHUwMDdmXHUyMDI4PC9zY3JpcHQ-XCJcXFxuIn0:1r31eq:bwMIsi2z9M0flZLd7ZjH7lkieGWPnLRdrlDRDa1tweI',
  ],
  [
    '{"a":1,"_session_expiry":0}',
    'eyJhIjoxLCJfc2Vzc2lvbl9leHBpcnkiOjB9:1r31eq:Ku4QbU68bVDdwJYOZ9NmBV2qsMV9Gj82XCAQfTCZ5Bs',
  ],
  [
    '{"a":1,"_session_expiry":60}',
    'eyJhIjoxLCJfc2Vzc2lvbl9leHBpcnkiOjYwfQ:1r31eq:BX2jF1q6kdmnsmmKDRMMEgCjXFM4R70eESyiz-GfDk8',
  ],
  [
    '{"a":1,"_session_expiry":"2030-01-01T00:00:00+00:00"}',
    'eyJhIjoxLCJfc2Vzc2lvbl9leHBpcnkiOiIyMDMwLTAxLTAxVDAwOjAwOjAwKzAwOjAwIn0:1r31eq:VKo935hIMzFH96146fBH7N1QIVYC7L8CxfOtiixvAqs',
  ],
  [
    '{"n":NaN,"i":Infinity}',
    'eyJuIjpOYU4sImkiOkluZmluaXR5fQ:1r31eq:P-WeYvB4tH0D0g-TS-ewDXVZF03UWethilemEC7IQtA',
  ],
  ['{"b":1,"1":2,"a":3}', 'eyJiIjoxLCIxIjoyLCJhIjozfQ:1r31eq:yeH_aegrL7gSBc_tSGzAIoeGjoq9mkZEAfkwXrlOiEg'],
  [
    '{"big":12345678901234567890,"float":1.0,"exp":1e+16,"small":1e-07}',
    '.eJyrVkrKTFeyMjQyNjE1M7ewNECwdJTScvITS4CSekB2akUBkJWqbWimo1Scm5iTA-LpGpjXAgAsDREe:1r31eq:hXJhi13-yly_bAQvK8fRYUeOTsSCHcjuUILM2BAAteU',
  ],
  [
    '{"x":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}',
    '.eJyrVqpQslJKHCZAqRYAn1xN-w:1r31eq:XWkY2fp87pdYtZsJtb0oXlvwF1ae0EE7KabnjtasuTQ',
  ],
  [
    '{"_auth_user_id":"1","_auth_user_backend":"django.contrib.auth.backends.ModelBackend","_auth_user_hash":"3d1d5a0b48db4fee633da7e889b9ec812a198e00c892af9bad6ad09ebd742198"}',
    '.eJxVjEEOwiAQRe_C2hCg2DIu3XsGMsNMpWogKe3KeHfbpAvd_vfef6uI65Lj2mSOE6uLsur0uxGmp5Qd8APLvepUyzJPpHdFH7TpW2V5XQ_37yBjy1vdseUzGvKByY8ifdcxDhICEEgK1qGFIMakAA5HIOQe2YAQD95tSH2-BEM4ng:1r31eq:D0O81hcmMkuJdaZuUcvsrcYxAKba6y8fES1F6BubWQA',
  ],
]

const cookies: readonly (readonly [json: string, text: string])[] = [
  ['{}', 'e30:1r31eq:ZD16vxAoaU0cwmyzpsT0-CVMu_bUiuyVQCats1AEa2k'],
  ['{"a":1}', 'eyJhIjoxfQ:1r31eq:0zENQyvvKB8zWHcPQ7P8lB7MOjkYFXxB-_Hq0aPth4M'],
  [
    '{"a":1,"_session_expiry":60}',
    'eyJhIjoxLCJfc2Vzc2lvbl9leHBpcnkiOjYwfQ:1r31eq:5XRLQloUnW8XXjnfTdTF8Je2cM8mkM35vjlMa1-xrpo',
  ],
]

const signer = new DjangoSigner(SESSION_SALT, [SECRET])
const tools = { signer, moments: momentsIn() }

for (const [json, text] of rows) {
  test(`what Django signed is read, and goes back word for word: ${json.slice(0, 60)}`, (t) => {
    const signed = signer.verify(text)
    t.deepEqual(signed, { text: json, signedAt: 1_700_000_000 })
    const members = membersOf(json)
    t.is(members && textOf(members), json)
    const session = decodeSession(text, NOW + 1000, tools)
    if (session === undefined) return t.fail('Django’s text was not read')
    const again = encodeSession(session.record, session.members, NOW, tools)
    // Compressed texts may differ in their bytes, so what they hold is compared.
    t.is(signer.verify(again)?.text, json)
    if (!text.startsWith('.')) t.is(again, text)
  })
}

for (const [json, text] of cookies) {
  test(`a cookie that Django signed is read and made: ${json}`, (t) => {
    const cookieSigner = new DjangoSigner(COOKIE_SALT, [SECRET])
    t.is(cookieSigner.verify(text)?.text, json)
    t.is(cookieSigner.sign(json, NOW), text)
    t.is(signer.verify(text), undefined, 'a text that was signed for cookies is no row')
  })
}

test('a row under an old key is read with the key among the fallbacks, and not without', (t) => {
  const row = 'eyJhIjoxfQ:1r31eq:YTvMjdrsQ3lAiC4NDkH3gejs6vrw2DdJEj_6_j7UDVY'
  t.is(signer.verify(row), undefined)
  t.is(new DjangoSigner(SESSION_SALT, [SECRET, OLD_SECRET]).verify(row)?.text, '{"a":1}')
})

test('what Django wrote before 3.1, and every text with another character, reads as nothing', (t) => {
  t.is(signer.verify('ZDEzY2RmN2ZhMzI2YzZmYjdiZGExNDRhYTQ4ZGRkMDNiYTA0MmE1Mjp7ImEiOjF9'), undefined)
  const text = signer.sign('{"a":1}', NOW)
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === 'A' ? 'B' : 'A'
    t.is(signer.verify(text.slice(0, at) + other + text.slice(at + 1)), undefined, `at ${at}`)
  }
})
