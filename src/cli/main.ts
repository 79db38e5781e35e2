#!/usr/bin/env node
/// <reference types="node" />
/** The bin. */

const [{ run }, { realIo }] = await Promise.all([import('./run.js'), import('./io.js')])
process.exitCode = await run(process.argv.slice(2), realIo)
