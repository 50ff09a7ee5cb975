import { koaServer } from '../koa.js'

export const open = () => koaServer()
