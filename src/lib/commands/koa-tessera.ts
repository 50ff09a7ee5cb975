#!/usr/bin/env node
import { failureText } from './failure.js'
import { runProgram } from './program.js'

// Where nothing is left to wait for, Node ends the process, done or not.
const onUnfinished = (): void => {
  process.stderr.write('the command cannot finish: something that it waits for never answers\n')
  process.exit(1)
}
process.once('beforeExit', onUnfinished)

// Whoever reads has seen enough, as `| head` does.
process.stdout.on('error', () => process.exit(1))
// Somebody's store may fail where nobody waits for it.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${failureText(error)}\n`)
  process.exit(1)
})

runProgram(process.argv.slice(2)).then((code) => {
  process.off('beforeExit', onUnfinished)
  // Somebody's module may hold a connection open for ever. What was printed goes out first.
  process.stdout.write('', () => process.exit(code))
})
// A store may end the process itself, before the command is done. Not sooner: `help` ends with the code that stands here.
process.exitCode = 1
