/** What checks at run time in Node. One of the files that are built to stand alone: see CONTRIBUTING. */

export { nodeBackend as backend } from '../../trust/crypto/node.js'
