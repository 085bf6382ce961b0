const isServer = (name: string) => name === 'redis' || name === 'nats';
const isApi = (name: string) => name === 'api' || name.startsWith('api-');
const asksOnly = (name: string) => !isServer(name) && !isApi(name);

/** Programs by their names, in the order in which they stop. Who asks stops before who answers: each can say its last word, and waits for no answer that will not come. */
export function stopWaves(names: readonly string[]): string[][] {
  return [asksOnly, isApi, isServer].map((wave) => names.filter(wave));
}
