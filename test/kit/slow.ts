/** What is said of jobs that take longer than a second, as all of them may on a busy machine. */

const SAID = /(?:^|\n)\[signed-wasm\] making bindings for .*(?:\n {2}later builds .*)?/g

/** A text without it. */
export const withoutSlow = (text: string) => text.replace(SAID, '').replace(/^\n/, '')
