/** One line of the list that sessions are audited against. */
export interface Requirement {
  readonly id: string
  readonly group: Group
  /** What is asked for, in a line. */
  readonly text: string
  /**
   * Whose it is. A: OWASP ASVS 5.0; O: OWASP Session Management Cheat Sheet; C: OWASP CSRF Cheat Sheet; N: NIST SP
   * 800-63B-4; B: RFC 6265bis; L: the layered-cookies draft; CH: CHIPS. Without one: faults that others have had.
   */
  readonly source?: string
  /** Settings that it is met by. */
  readonly settings?: readonly string[]
  /** Where it is documented: a file, and a heading in it. */
  readonly documents?: readonly string[]
  /** Why it does not apply. */
  readonly notApplicable?: string
}

export type Group =
  | 'identifiers'
  | 'lifetime'
  | 'termination'
  | 'cookie attributes'
  | 'cookie engine and keys'
  | 'CSRF'
  | 'failure, events, storage'

type Line = Omit<Requirement, 'group'>

const of = (group: Group, lines: readonly Line[]): readonly Requirement[] =>
  lines.map((line) => ({ group, ...line }))

const LIFETIMES = 'docs/security.md#lifetimes'
const COOKIES = 'docs/cookies.md'
const KEYS = 'docs/security.md#keys'
const CSRF = 'docs/csrf.md'
const EVENTS = 'docs/events.md'

/** Every requirement that a session framework can meet, in order. */
export const requirements: readonly Requirement[] = [
  ...of('identifiers', [
    {
      id: 'S01',
      text: 'ids carry 128 bits or more from a secure generator',
      source: 'A 7.2.3, 11.5.1; O; N',
    },
    { id: 'S02', text: 'ids are opaque: no user, time, counter or host in them', source: 'O; N' },
    { id: 'S03', text: 'an id that the server never issued is not adopted', source: 'O' },
    { id: 'S04', text: 'a malformed id costs no store call and is an empty session', source: 'O' },
    { id: 'S05', text: 'the id in the cookie never appears in the store' },
    { id: 'S06', text: 'creation is insert-only: a colliding id overwrites nobody' },
    { id: 'S07', text: 'rotation is insert-only too' },
    {
      id: 'S08',
      text: 'log-in, log-out and re-authentication issue a new id; the old one is dead',
      source: 'A 7.2.4; O',
    },
    { id: 'S09', text: 'a rotation that fails halfway leaves one working id or a clean error' },
    {
      id: 'S10',
      text: 'ids come from the configured cookie alone, never query, body or path',
      source: 'O; A 14.2.1',
    },
    {
      id: 'S11',
      text: 'two cookies of one name have a fixed outcome; a junk one never wins',
      source: 'B',
      documents: [COOKIES],
    },
    {
      id: 'S12',
      text: 'no id in logs, errors, metrics, inspect or JSON: a short keyed hash at most',
      source: 'A 16.2.5; O',
    },
    {
      id: 'S13',
      text: 'signatures are compared in constant time; a wrong length does not throw',
      source: 'C',
    },
    { id: 'S14', text: 'static keys and API secrets are no session tokens', source: 'A 7.2.2' },
  ]),
  ...of('lifetime', [
    {
      id: 'S15',
      text: 'the server enforces the idle timeout, to the millisecond',
      source: 'A 7.3.1; O; N',
      settings: ['IDLE_TIMEOUT', 'TOUCH_AFTER'],
    },
    {
      id: 'S16',
      text: 'the absolute timeout is moved by re-authentication only',
      source: 'A 7.3.2; O; N',
      settings: ['ABSOLUTE_TIMEOUT'],
    },
    { id: 'S17', text: 'the least of all lifetimes counts, in every combination' },
    { id: 'S18', text: 'an expired record that is still there counts as missing' },
    { id: 'S19', text: 'expired and unknown ids look alike to the client' },
    { id: 'S20', text: 'the cookie’s own age is not the enforcement', source: 'O; N' },
    { id: 'S21', text: 'no cookie is asked to live beyond 400 days', source: 'B', settings: ['COOKIE_AGE'] },
    { id: 'S22', text: 'lifetimes that make no sense stop the start, with name and layer' },
    {
      id: 'S23',
      text: 'defaults are documented and held against NIST and OWASP',
      source: 'A 7.1.1; N; O',
      documents: [LIFETIMES, 'config/production.json5'],
    },
    {
      id: 'S24',
      text: 'ids can be renewed in mid-session, with a bounded grace',
      source: 'O',
      settings: ['RENEW_AFTER', 'RENEW_GRACE'],
    },
    { id: 'S25', text: 'a clock that goes back makes no session immortal', documents: [LIFETIMES] },
  ]),
  ...of('termination', [
    { id: 'S26', text: 'log-out deletes the record; its cookie, replayed, is anonymous', source: 'A 7.4.1' },
    {
      id: 'S27',
      text: 'no late write, touch or rotation revives an ended session',
      source: 'CVE-2025-46336',
    },
    { id: 'S28', text: 'the removal cookie repeats every attribute of the one it removes' },
    {
      id: 'S29',
      text: 'all, or all other, sessions of a user can be ended',
      source: 'A 7.4.2, 7.4.3, 7.4.5',
    },
    { id: 'S30', text: 'users can see where they are logged in, and end it', source: 'A 7.5.2' },
    { id: 'S31', text: 'the list never shows an ended session and never lacks a live one' },
    {
      id: 'S32',
      text: 'sessions per user can be limited, by a stated policy',
      source: 'A 7.1.2',
      settings: ['MAX_SESSIONS_PER_USER', 'MAX_SESSIONS_POLICY'],
    },
    {
      id: 'S33',
      text: 'sessions in cookies can be revoked, or the start warns that they cannot',
      source: 'A 7.4.1',
      settings: ['REVOCATION_STORE'],
    },
    {
      id: 'S34',
      text: 'an answer to a log-out can clear the browser’s caches',
      source: 'O; A 14.3.1',
      documents: [COOKIES],
    },
  ]),
  ...of('cookie attributes', [
    {
      id: 'S35',
      text: 'Secure, HttpOnly, SameSite, Path=/ and no Domain in production',
      source: 'A 3.3.1-3.3.4; O; N',
      settings: ['COOKIE_SECURE', 'COOKIE_HTTPONLY', 'COOKIE_SAMESITE'],
    },
    {
      id: 'S36',
      text: 'production’s cookie has the prefix __Host-',
      source: 'A 3.3.3; N; O',
      settings: ['COOKIE_NAME'],
    },
    { id: 'S37', text: '__Host- and __Secure- are held to their rules at the start', source: 'B' },
    { id: 'S38', text: '__Http- and __Host-Http- too', source: 'L' },
    { id: 'S39', text: 'SameSite=None without Secure stops the start', source: 'B' },
    {
      id: 'S40',
      text: 'Partitioned without Secure stops the start; without SameSite=None it warns',
      source: 'CH',
      settings: ['COOKIE_PARTITIONED'],
    },
    {
      id: 'S41',
      text: 'a cookie beyond 4096 octets is a typed error before the headers',
      source: 'A 3.3.5; B',
    },
    { id: 'S42', text: 'nothing in a setting or a value can break out of the header', source: 'B' },
    { id: 'S43', text: 'one Set-Cookie a name and response', source: 'B' },
    { id: 'S44', text: 'Set-Cookie on creation, rotation, refresh and removal only' },
    {
      id: 'S45',
      text: 'no-store where the cookie is set; Vary: Cookie where the session was read',
      source: 'O',
    },
    { id: 'S46', text: 'a Cookie header in several lines (HTTP/2) is understood', source: 'B' },
    { id: 'S47', text: 'the whole budget of cookies is documented', documents: [COOKIES] },
    {
      id: 'S48',
      text: 'behind a proxy, app.proxy alone decides what is secure',
      source: 'A 15.3.4',
      settings: ['COOKIE_SECURE'],
    },
  ]),
  ...of('cookie engine and keys', [
    { id: 'S49', text: 'a signature is verified before anything is parsed', source: 'A 9.1.1' },
    {
      id: 'S50',
      text: 'what does not verify is an empty session; no other decoder is tried',
      source: 'CVE-2026-39324',
    },
    {
      id: 'S51',
      text: 'one algorithm a version, and the version is authenticated',
      source: 'A 9.1.2, 11.2.2',
    },
    { id: 'S52', text: 'a value moved to another cookie or purpose is refused', source: 'A 9.2.2-9.2.4' },
    { id: 'S53', text: 'issue and expiry are inside what is authenticated, and enforced', source: 'A 9.2.1' },
    {
      id: 'S54',
      text: 'keys are a list: first signs, all verify, old values are issued anew',
      source: 'A 11.2.2, 13.3.4',
      settings: ['SECRET_KEY', 'SECRET_KEY_FALLBACKS'],
    },
    { id: 'S55', text: 'weak, known and repeated keys are refused in production' },
    {
      id: 'S56',
      text: 'secrets have no committed default and are never shown',
      source: 'A 13.3.1, 16.2.5',
      documents: [KEYS],
    },
    { id: 'S57', text: 'contents in the client’s hands are encrypted', settings: ['COOKIE_CODEC'] },
    {
      id: 'S58',
      text: 'replay of an older cookie of the cookie engine: accepted, and said so',
      source: 'B',
      documents: ['docs/engines.md'],
    },
    { id: 'S59', text: 'hostile payloads neither pollute prototypes nor stall the loop' },
  ]),
  ...of('CSRF', [
    { id: 'S60', text: 'Sec-Fetch-Site cross-site is refused, same-origin and none pass', source: 'C' },
    { id: 'S61', text: 'unknown values of Sec-Fetch-Site are refused', source: 'C', documents: [CSRF] },
    { id: 'S62', text: 'without it Origin decides, exactly; without both the token', source: 'C' },
    { id: 'S63', text: 'Origin: null is not trusted; safe methods change nothing', source: 'A 3.5.3' },
    {
      id: 'S64',
      text: 'the token is bound to the session, signed, and compared in constant time',
      source: 'C; N',
    },
    { id: 'S65', text: 'no naive double submit; a log-only mode; Vary on what was looked at', source: 'C' },
  ]),
  ...of('failure, events, storage', [
    { id: 'S66', text: 'a store that is down is a 503, not a log-out', source: 'A 16.5.2, 16.5.3' },
    { id: 'S67', text: 'error bodies are opaque; causes go to the log', source: 'A 16.5.1' },
    {
      id: 'S68',
      text: 'every store call has a time limit',
      source: 'A 13.1.2, 13.1.3',
      settings: ['ENGINE_TIMEOUT'],
    },
    { id: 'S69', text: 'check and act on a session are one atomic step', source: 'A 15.4.2' },
    {
      id: 'S70',
      text: 'events for every turn in a session’s life, and for guesses',
      source: 'O',
      documents: [EVENTS],
    },
    {
      id: 'S71',
      text: 'binding to a device raises an event, and ends nothing by default',
      source: 'O',
      documents: [EVENTS],
    },
    { id: 'S72', text: 'session files and databases are the owner’s alone; links are not followed' },
    { id: 'S73', text: 'a recent log-in can be demanded for what is sensitive', source: 'A 7.5.1, 7.5.3' },
  ]),
]
