import { greet } from '../hello.wasm'

export const answer = greet('Ada')
