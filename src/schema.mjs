// Writes the JSON Schemas of the files that people write and builds report in, from the declarations that check them: npm run schema
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { buildReportSchema } from '../dist/report/build-report.js'
import { policySchema } from '../dist/policy/policy-shape.js'

const schemas = { policy: policySchema(), 'build-report': buildReportSchema() }

const files = Object.entries(schemas).map(([name, schema]) => {
  const file = `src/schema/${name}.json`
  writeFileSync(file, JSON.stringify(schema, undefined, 2))
  return file
})
execFileSync('npx', ['oxfmt', ...files], { stdio: 'inherit' })
