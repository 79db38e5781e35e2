// Which names a statement of jco's code takes from outside, and which of them it assigns. For the build alone: see glue.mjs.

/**
 * The names that a statement declares for its neighbours, those it takes from outside itself, and those of others that it assigns.
 * @param {object} statement an ESTree node
 */
export function namesOf(statement) {
  const found = { declared: new Set(declaredBy([statement])), used: new Set(), assigned: new Set() }
  walk(statement, [found.declared], found)
  for (const name of found.declared) {
    found.used.delete(name)
    found.assigned.delete(name)
  }
  return found
}

function* boundBy(pattern) {
  switch (pattern?.type) {
    case 'Identifier':
      return yield pattern.name
    case 'ObjectPattern':
      for (const property of pattern.properties) yield* boundBy(property.value ?? property.argument)
      return
    case 'ArrayPattern':
      for (const element of pattern.elements) yield* boundBy(element)
      return
    case 'AssignmentPattern':
      return yield* boundBy(pattern.left)
    case 'RestElement':
      return yield* boundBy(pattern.argument)
  }
}

function* declaredBy(statements) {
  for (const { type, declarations, id } of statements) {
    if (type === 'VariableDeclaration') {
      for (const declarator of declarations) yield* boundBy(declarator.id)
    } else if (type === 'FunctionDeclaration' || type === 'ClassDeclaration') yield id.name
  }
}

/** What a function declares anywhere in itself by `var`. */
function* hoistedIn(node) {
  if (node.type === 'VariableDeclaration' && node.kind === 'var') yield* declaredBy([node])
  for (const child of childrenOf(node)) if (!FUNCTIONS.includes(child.type)) yield* hoistedIn(child)
}

function childrenOf(node, skipped = []) {
  return Object.entries(node)
    .flatMap(([key, value]) => (skipped.includes(key) ? [] : value))
    .filter((child) => typeof child?.type === 'string')
}

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']

/** What is declared in a node for what is inside of it. */
function scopeOf(node) {
  switch (node.type) {
    case 'BlockStatement':
    case 'StaticBlock':
      return [...declaredBy(node.body)]
    case 'SwitchStatement':
      return [...declaredBy(node.cases.flatMap(({ consequent }) => consequent))]
    case 'ForStatement':
      return node.init ? [...declaredBy([node.init])] : []
    case 'ForInStatement':
    case 'ForOfStatement':
      return [...declaredBy([node.left])]
    case 'CatchClause':
      return [...boundBy(node.param)]
    case 'ClassDeclaration':
    case 'ClassExpression':
      return node.id ? [node.id.name] : []
  }
  if (!FUNCTIONS.includes(node.type)) return undefined
  const params = node.params.flatMap((param) => [...boundBy(param)])
  return [...(node.id ? [node.id.name] : []), ...params, ...hoistedIn(node.body), 'arguments']
}

/** The parts of a node that are no names of variables, by its type. */
const LABELS = {
  LabeledStatement: ['label'],
  BreakStatement: ['label'],
  ContinueStatement: ['label'],
  MetaProperty: ['meta', 'property'],
}

function walk(node, scopes, found) {
  if (node.type === 'Identifier') {
    if (!scopes.some((scope) => scope.has(node.name))) found.used.add(node.name)
    return
  }
  const own = scopeOf(node)
  const inner = own === undefined ? scopes : [...scopes, new Set(own)]
  for (const target of assignedBy(node))
    if (!inner.some((scope) => scope.has(target))) found.assigned.add(target)
  const skipped =
    LABELS[node.type] ?? (isNamed(node) ? [node.type === 'MemberExpression' ? 'property' : 'key'] : [])
  for (const child of childrenOf(node, skipped)) walk(child, inner, found)
}

/** Whether a property or member is named by a word, and not by what an expression says. */
function isNamed({ type, computed }) {
  return (
    !computed && ['MemberExpression', 'Property', 'PropertyDefinition', 'MethodDefinition'].includes(type)
  )
}

function assignedBy({ type, left, argument }) {
  if (type === 'AssignmentExpression') return [...boundBy(left)]
  if (type === 'UpdateExpression') return [...boundBy(argument)]
  if (type === 'ForInStatement' || type === 'ForOfStatement') return [...boundBy(left)]
  return []
}
