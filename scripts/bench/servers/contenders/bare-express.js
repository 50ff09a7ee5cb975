import { expressServer } from '../express.js'

export const open = () => expressServer()
