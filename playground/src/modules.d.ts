/// <reference types="vite/client" />

declare module '*.wasm' {
  export function greet(name: string): string
}
