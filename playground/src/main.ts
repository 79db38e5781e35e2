import { explain, parsePublicKeys, type Verdict, verify } from 'unplugin-signed-wasm/api'
import publicKey from '../keys/TEST-ONLY.pub?raw'
import signedUrl from '../hello.wasm?url'
import { greet } from '../hello.wasm'

const keys = parsePublicKeys(publicKey, 'TEST-ONLY.pub')
const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T

function show(id: string, { status }: Verdict, text: string): void {
  element(id).textContent = text
  element(id).classList.add(status === 'verified' ? 'verified' : 'refused')
}

const signed = new Uint8Array(await (await fetch(signedUrl)).arrayBuffer())
const verdict = await verify(signed, keys)
show(
  'signed',
  verdict,
  verdict.status === 'verified'
    ? `Signed by ${verdict.signers.map(({ name, fingerprint }) => `${name}, fingerprint ${fingerprint}`).join('; ')}`
    : explain(verdict, 'hello.wasm', keys)!.message,
)

// Made here: in whatever form a tampered copy was part of this page, the plugin would refuse to build it.
const copy = signed.map((byte, index) => (index === signed.length - 1 ? byte ^ 1 : byte))
const refusal = await verify(copy, keys)
show('tampered', refusal, explain(refusal, 'hello.wasm', keys)?.message ?? 'accepted: this should not happen')

const name = element<HTMLInputElement>('name')
const say = () => (element('greeting').textContent = greet(name.value))
name.addEventListener('input', say)
say()

const form = element<HTMLFormElement>('recheck')
const rechecked = element<HTMLIFrameElement>('rechecked')
const choose = () => {
  const choice = new FormData(form)
  rechecked.src = `recheck/${String(choice.get('mode'))}${choice.has('tampered') ? '-tampered' : ''}/recheck.html`
}
form.addEventListener('change', choose)
choose()
