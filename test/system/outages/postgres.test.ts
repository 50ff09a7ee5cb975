import { ownPostgres } from '../../support/databases.js'
import { testDefaults } from './database-defaults.js'
import { testFullDisk } from './database-full.js'
import { testIdle } from './database-idle.js'
import { testRefusedRecords } from './database-records.js'
import { testPassword, testRefusals } from './database-refusals.js'
import { testReplies } from './database-replies.js'
import { testRoads } from './database-roads.js'
import { testServers } from './database-servers.js'

testServers(ownPostgres)
testRoads(ownPostgres)
testReplies(ownPostgres)
testRefusals(ownPostgres)
testPassword(ownPostgres)
testFullDisk(ownPostgres)
testIdle(ownPostgres)
testDefaults(ownPostgres)
testRefusedRecords(ownPostgres)
