const outcome = document.getElementById('outcome')!

function show(text: string, verdict: 'verified' | 'refused'): void {
  outcome.textContent = text
  outcome.classList.add(verdict)
}

// Imported late, so that this page can show what an import says that fails.
try {
  const { greet } = await import('../hello.wasm')
  show(greet('Ada'), 'verified')
} catch (error) {
  show((error as Error).message, 'refused')
}

export {}
