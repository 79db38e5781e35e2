import signedWasm from 'unplugin-signed-wasm/vite'

const RECHECKS = ['off', 'digest', 'signature'] as const

// `--mode digest` and `--mode signature` build the page that checks its file again.
export default ({ mode }: { mode: string }) => ({
  root: import.meta.dirname,
  base: './',
  plugins: [
    signedWasm({
      keys: ['keys/TEST-ONLY.pub'],
      recheck: RECHECKS.find((recheck) => recheck === mode) ?? 'off',
    }),
  ],
})
