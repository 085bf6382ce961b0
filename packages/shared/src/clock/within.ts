/** What `work` comes to, or what `late` returns or throws once `ms` have passed; the work itself goes on. Without `late`: undefined. */
export async function within<T, L = undefined>(ms: number, work: Promise<T>, late?: () => L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  }).then(() => late?.() as L);
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
