import { fastifyServer } from '../fastify.js'

export const open = () => fastifyServer()
