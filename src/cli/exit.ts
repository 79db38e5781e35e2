/** What a command ends with. */

/**
 * The exit codes of `signed-wasm`: accepted or done, refused, wrong usage, a file or key that cannot be read or written.
 */
export const EXIT = { ok: 0, refused: 1, usage: 2, io: 3 } as const
