/**
 * `npm run settings`, `generate-key` and `clear-sessions`: what `koa-tessera` does for everybody, with the site's settings,
 * since the files in config/ have those too.
 */
import { runProgram } from '../src/lib/commands/program.js'
import { readSiteSettings } from '../src/site/settings.js'

process.exitCode = await runProgram(process.argv.slice(2), { read: () => readSiteSettings() })
