import { ownMariadb } from '../../support/databases.js'
import { testDefaults, testInitConnect } from './database-defaults.js'
import { testFullDisk } from './database-full.js'
import { testIdle } from './database-idle.js'
import { testRefusedRecords } from './database-records.js'
import { testRefusals } from './database-refusals.js'
import { testReplies } from './database-replies.js'
import { testRoads } from './database-roads.js'
import { testServers } from './database-servers.js'

testServers(ownMariadb)
testRoads(ownMariadb)
testReplies(ownMariadb)
testRefusals(ownMariadb)
testFullDisk(ownMariadb)
testIdle(ownMariadb)
testDefaults(ownMariadb)
testRefusedRecords(ownMariadb)
testInitConnect(ownMariadb)
