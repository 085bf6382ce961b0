/**
 * Polls `check` until it returns without throwing, and gives back its value; after `timeoutMs` (default 30,000: the machine may be slow) rethrows its last error.
 * In place of sleeps: the state of the world is asserted, not the time that passed.
 */
export async function eventually<T>(check: () => T | Promise<T>, timeoutMs = 30_000, intervalMs = 20): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
