/** The other process: opens engines and does with them what it is asked, at the time that it is told. */
import type { Engine } from '../../../src/lib/engines/engine.js'
import { openEngine } from '../../../src/lib/engines/registry.js'
import type { Description, Message, Question } from './messages.js'

interface Opened {
  engine?: Engine
  now: number
}

const engines = new Map<number, Opened>()

function tell(message: Message): void {
  process.send?.(message)
}

async function open(question: Extract<Question, { call: 'open' }>): Promise<Description> {
  const opened: Opened = { now: 0 }
  engines.set(question.engine, opened)
  const log = (details: object, message: string): void => {
    // A driver's error may hold what cannot travel, and no case looks at it.
    tell({ kind: 'log', engine: question.engine, details: { ...details, err: undefined }, message })
  }
  const engine = await openEngine(question.name, question.options, {
    clock: () => opened.now,
    logger: { warn: log, error: log },
  })
  opened.engine = engine
  return { name: engine.name, capabilities: engine.capabilities, leases: engine.lease !== undefined }
}

async function answer(question: Question): Promise<unknown> {
  if (question.call === 'open') return open(question)
  const opened = engines.get(question.engine)
  const method = opened?.engine?.[question.call]
  if (opened === undefined || method === undefined) throw new TypeError(`no engine that can ${question.call}`)
  opened.now = question.now
  return Reflect.apply(method, opened.engine, question.args)
}

process.on('message', (question: Question) => {
  answer(question).then(
    (value) => tell({ kind: 'answer', question: question.question, value }),
    (error: unknown) => {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      tell({ kind: 'failure', question: question.question, error: { name, message } })
    },
  )
})
process.on('disconnect', () => process.exit())
