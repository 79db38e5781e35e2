/** Scripts that use components of the fixtures, type by type. */

/** Right uses, and wrong ones: a line that is marked and no error is an error itself. */
export const TYPE_USES: Record<string, string> = {
  'plain.ts': `
    import hello, { greet, greeter, 'docs:hello/greeter@0.1.0' as full } from './hello.wasm'
    import again, { answer } from './hello.wasm?component'
    import make from './hello.wasm?instantiate'
    const text: string = greet('a') + hello.greet('b') + again.greeter.greet('c') + greeter.greet('d') + full.greet('e')
    const count: number = answer() + hello.answer()
    const lazy: number = (await import('./hello.wasm')).default.answer()
    // @ts-expect-error a number where a string belongs
    greet(1)
    // @ts-expect-error no such export
    hello.goodbye()
    // @ts-expect-error no such name
    import { goodbye } from './hello.wasm'
    // @ts-expect-error of another type
    const wrong: string = answer()
    // @ts-expect-error too many arguments
    full.greet('a', 'b')
    await make()
    await make({})
    // @ts-expect-error imports are an object
    await make(1)
    // @ts-expect-error it imports nothing
    await make({ log: {} })
    export { text, count, lazy }`,
  // Its `hello.wasm` is another component than the one in the folder above.
  'deep/same-name.ts': `
    import hello, { add } from './hello.wasm'
    import { greet } from '../hello.wasm'
    const sum: number = add(1, 2) + hello.add(3, 4)
    // @ts-expect-error that is the other one
    hello.greet('a')
    // @ts-expect-error strings do not add
    add('a', 'b')
    export { sum, greet }`,
  'resources.ts': `
    import { counters } from './counter.wasm'
    const counter: counters.Counter = new counters.Counter(1)
    const count: number = counter.increment() + counters.Counter.live()
    { using other = new counters.Counter(2); other.increment() }
    // @ts-expect-error no such method
    counter.decrement()
    // @ts-expect-error a static method
    counter.live()
    // @ts-expect-error a string where a number belongs
    new counters.Counter('a')
    export { count }`,
  'instantiate.ts': `
    import instantiate from './host.wasm?instantiate'
    import type { Imports, Instantiate } from './host.wasm'
    const directory = { lookup: (key: string) => key }
    const log = { default: (message: string) => void message }
    const text: string = (await instantiate({ log, 'acme:app/directory@1.0.0': directory })).run('a')
    const imports: Imports = { log, 'acme:app/directory': directory }
    const same: Instantiate = instantiate
    await same(imports, { instantiateCore: (core, given) => new WebAssembly.Instance(core, given) })
    // @ts-expect-error nothing provides what it imports
    await instantiate()
    // @ts-expect-error the interface is missing
    await instantiate({ log })
    // @ts-expect-error a version that it does not import
    await instantiate({ log, 'acme:app/directory@2.0.0': directory })
    // @ts-expect-error a name that the bindings do not read
    await instantiate({ log, 'acme:app/directory': directory, logger: log })
    // @ts-expect-error a function of another type
    await instantiate({ log: { default: (n: number) => void n }, 'acme:app/directory': directory })
    // @ts-expect-error no such export
    void (await same(imports)).stop
    export { text }`,
  'wasi.ts': `
    import instantiate from './wasi.wasm?instantiate'
    import { run } from './wasi.wasm'
    const text: string = run() + (await instantiate()).run()
    await instantiate({ 'wasi:random/random': { getRandomU64: () => 4n } })
    await instantiate({ 'wasi:random/random@0.2.3': { getRandomU64: () => 4n } })
    // @ts-expect-error a number where a bigint belongs
    await instantiate({ 'wasi:random/random': { getRandomU64: () => 4 } })
    export { text }`,
  'versions.ts': `
    import versions, { 'acme:app/math@1.0.0' as one, 'acme:app/math@2.0.0' as two, math } from './versions.wasm'
    import instantiate from './versions.wasm?instantiate'
    const sum: number = one.change(1) + two.combine(1, 2) + math.change(1) + versions['acme:app/math@2.0.0'].combine(1, 2)
    const [first, second] = [{ next: () => 1 }, { next: (after: number) => after }]
    await instantiate({ 'acme:app/source@1.0.0': first, 'acme:app/source@2.0.0': second })
    // @ts-expect-error that function is in the other version
    one.combine(1, 2)
    // @ts-expect-error that function is in the other version
    two.change(1)
    // @ts-expect-error version 1 calls it without an argument
    await instantiate({ 'acme:app/source@1.0.0': second, 'acme:app/source@2.0.0': second })
    export { sum }`,
  'names.ts': `
    import awkward, { delete as remove, constructor, toString as text } from './awkward.wasm'
    const sum: number = awkward.default() + awkward.await() + remove() + constructor() + text()
    // @ts-expect-error takes nothing
    remove(1)
    export { sum }`,
}
