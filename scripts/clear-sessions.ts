/** `npm run clear-sessions`: what `koa-tessera clear-sessions` does for everybody. */
import { runProgram } from '../src/lib/commands/program.js'
import { readSiteSettings } from '../src/site/settings.js'

// The files in config/ have the site's own settings too.
process.exitCode = await runProgram(['clear-sessions', ...process.argv.slice(2)], {
  read: () => readSiteSettings(),
})
