import { greet } from '../tampered/hello.wasm'

export const answer = greet('Ada')
