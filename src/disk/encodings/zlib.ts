/// <reference types="node" />
/** Node's decompression, loaded by the first piece that may be compressed: most builds have none. */

export const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib')
