/** What services that run workflows would say of a file, as far as their schemas tell. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { Ajv } from 'ajv'

// It has no types of its own.
const { load } = createRequire(import.meta.url)('js-yaml') as { load: (text: string) => unknown }

/** A schema of `test/fixtures/schemas`. */
export type WorkflowKind = 'github-workflow' | 'gitlab-ci'

const ajv = new Ajv({ strict: false, logger: false, validateFormats: false })

function schemaOf(kind: WorkflowKind) {
  const key = `${kind}.json`
  if (ajv.getSchema(key) === undefined) {
    const text = readFileSync(path.join(import.meta.dirname, '../fixtures/schemas', key), 'utf8')
    ajv.addSchema(JSON.parse(text) as object, key)
  }
  return ajv.getSchema(key)!
}

/** What is wrong with a workflow; nothing when it is as its schema wants it. */
export function faultsOf(kind: WorkflowKind, yaml: string): string[] {
  const validate = schemaOf(kind)
  if (validate(load(yaml)) === true) return []
  return validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`)
}
