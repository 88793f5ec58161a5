// Runs the command line that the executable (postern.js) was given.

import { run } from './program.js'

const { stdin, stdout, stderr, env } = process
process.exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, env, cwd: process.cwd() })
