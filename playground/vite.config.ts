import signedWasm from 'unplugin-signed-wasm/vite'

export default {
  root: import.meta.dirname,
  plugins: [signedWasm({ keys: ['keys/TEST-ONLY.pub'] })],
}
