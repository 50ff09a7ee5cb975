import { EngineUnavailable, openSessions } from '../../../src/lib/index.js'
import { Browser } from '../../support/browser.js'
import { ServerProcess } from '../../support/server-process.js'
import { onRedis } from '../../support/servers/on-redis.js'
import { startTlsRedis } from '../../support/servers/redis-tls.js'

const PAGE = '/sessions/page-count'

onRedis(
  'rediss: a certificate that nobody vouches for stops the start, and what would help is said',
  async (t) => {
    const { server, url, certificate } = await startTlsRedis()
    t.teardown(() => server.discard())
    const logger = { warn: () => {}, error: () => {} }
    await t.throwsAsync(openSessions({ engine: 'redis', redisUrl: url, logger }), {
      instanceOf: EngineUnavailable,
      message:
        /: the server's certificate is not trusted \(self-signed certificate\); NODE_EXTRA_CA_CERTS names/,
    })
    // As sentinels and the servers of a cluster are asked, it is said no less.
    await t.throwsAsync(openSessions({ engine: 'redis', redisUrl: `${url},${url}`, logger }), {
      message:
        /: the server's certificate is not trusted \(self-signed certificate\); NODE_EXTRA_CA_CERTS names/,
    })

    // Node reads the variable when it starts.
    const env = { SESSION_ENGINE: 'redis', REDIS_URL: url, NODE_EXTRA_CA_CERTS: certificate }
    const browser = new Browser(await ServerProcess.start(t, env).url())
    const counts = [await browser.textOf('count', PAGE), await browser.textOf('count', PAGE)]
    t.deepEqual(counts, ['1', '2'])
  },
)
