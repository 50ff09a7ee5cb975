import { ofThisProcess } from '../../support/servers/own-server.js'
import { startRedis } from '../../support/servers/redis.js'

/** The Redis server of this process alone: tests stop it and change its settings. */
export const ownRedis = ofThisProcess(() => startRedis())
