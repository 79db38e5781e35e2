/** What checks at run time where WebCrypto does not. One of the files that are built to stand alone: see CONTRIBUTING. */

export { nobleBackend as backend } from '../../trust/crypto/noble.js'
