/** What is said of jobs that take longer than a second, as all of them may on a busy machine. */

const SAID = /^\[signed-wasm\] making bindings for .*(?:\n {2}later builds .*)?\n?/gm

/** A text without it. */
export const withoutSlow = (text: string) => text.replace(SAID, '')
