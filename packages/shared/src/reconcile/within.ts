/** What `work` comes to, or an Error that says `not <done> within … ms`; the work itself goes on. */
export async function within<T>(work: Promise<T>, ms: number, done: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not ${done} within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
