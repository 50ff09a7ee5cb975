import { contractCases } from './contract-cases.js'
import { openBench } from './engines.js'
import { keepingCases } from './keeping-cases.js'
import { redisCluster } from './stores/redis-cluster.js'
import { testOf } from './test-of.js'

// Not among `enginesUnderTest`: three servers for each file of tests would be more than a small machine bears.
for (const { title, run, applies } of [...contractCases, ...keepingCases]) {
  testOf(redisCluster, title, async (t) => {
    const { bench, close } = await openBench(redisCluster)
    t.teardown(close)
    if (applies?.(bench) === false) return t.pass(`not for ${redisCluster.title}`)
    await t.notThrowsAsync(() => run(bench))
  })
}
