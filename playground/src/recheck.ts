const outcome = document.getElementById('outcome')!

function show(text: string, verdict: 'verified' | 'refused'): void {
  outcome.textContent = text
  outcome.classList.add(verdict)
}

// Imported late, so that this page can show what an import says that fails.
import('../hello.wasm').then(
  ({ greet }) => show(greet('Ada'), 'verified'),
  (error: Error) => show(error.message, 'refused'),
)
