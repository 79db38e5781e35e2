/** What an error of the system says, in words. */

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EBADF: 'no such descriptor is open for that',
  EBUSY: 'it is in use, or a mount of its own',
  EDQUOT: 'the quota is used up',
  EEXIST: 'something is there already',
  EFBIG: 'it may not become this large',
  EIO: 'the disk fails',
  EISDIR: 'a folder is there',
  ELOOP: 'it is a link, or links lead in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'there is no space left',
  ENOTDIR: 'a part of the path is no folder',
  ENXIO: 'nobody listens there',
  EPERM: 'it is not permitted',
  EPIPE: 'its reader has left',
  EROFS: 'the file system is read-only',
  ETXTBSY: 'it is running',
}

/** An error of the system: of `node:fs`, or of a stream. */
export type SystemError = Error & { code: string }

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

/** The reason in words, with the code that people look for. */
export function reasonOf(error: unknown): string {
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') return 'unknown'
  const words = WORDS[code]
  return words === undefined ? code : `${words} (${code})`
}

/** The error that the system has for a link where none may be. */
export function linkError(file: string): SystemError {
  return Object.assign(new Error(`ELOOP: a link, open '${file}'`), { code: 'ELOOP', syscall: 'open' })
}
