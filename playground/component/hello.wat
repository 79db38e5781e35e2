;; package docs:hello@0.1.0
;; interface greeter { greet: func(name: string) -> string }
;; world hello {
;;   export greet: func(name: string) -> string
;;   export answer: func() -> u32
;;   export greeter
;; }
(component
  (core module $hello
    (memory (export "memory") 1)
    (data (i32.const 16) "Hello, ")
    ;; Everything from here on is scratch space of the call that runs.
    (global $heap i32 (i32.const 1024))
    (global $next (mut i32) (i32.const 1024))

    (func $allocate (export "realloc") (param $old i32) (param $oldSize i32) (param $align i32) (param $size i32) (result i32)
      (local $start i32)
      (local.set $start
        (i32.and
          (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
      (global.set $next (i32.add (local.get $start) (local.get $size)))
      (block $enough
        (br_if $enough (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $enough
          (i32.ne (i32.const -1)
            (memory.grow (i32.add (i32.div_u (local.get $size) (i32.const 65536)) (i32.const 1)))))
        (unreachable))
      (memory.copy (local.get $start) (local.get $old) (local.get $oldSize))
      (local.get $start))

    ;; "Hello, " name "!", as address and length at address 0.
    (func (export "greet") (param $name i32) (param $length i32) (result i32)
      (local $text i32)
      (local.set $text
        (call $allocate (i32.const 0) (i32.const 0) (i32.const 1) (i32.add (local.get $length) (i32.const 8))))
      (memory.copy (local.get $text) (i32.const 16) (i32.const 7))
      (memory.copy (i32.add (local.get $text) (i32.const 7)) (local.get $name) (local.get $length))
      (i32.store8 (i32.add (i32.add (local.get $text) (i32.const 7)) (local.get $length)) (i32.const 33))
      (i32.store (i32.const 0) (local.get $text))
      (i32.store (i32.const 4) (i32.add (local.get $length) (i32.const 8)))
      (i32.const 0))

    (func (export "release") (param i32) (global.set $next (global.get $heap)))

    (func (export "answer") (result i32) (i32.const 42)))

  (core instance $core (instantiate $hello))

  (func $greet (param "name" string) (result string)
    (canon lift (core func $core "greet")
      (memory (core memory $core "memory"))
      (realloc (core func $core "realloc"))
      (post-return (core func $core "release"))))
  (func $answer (result u32) (canon lift (core func $core "answer")))

  (export "greet" (func $greet))
  (export "answer" (func $answer))
  (instance $greeter (export "greet" (func $greet)))
  (export "docs:hello/greeter@0.1.0" (instance $greeter)))
