export { type PassportOptions, passportSessions } from './passport-sessions.js'
