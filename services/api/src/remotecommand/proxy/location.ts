/**
 * Where a server behind the proxy sends its client, as the client has to write it: paths of the server's own are below the proxy's. What names another host is left as it is: the
 * client may go there by itself, the api does not.
 */
export function rewriteLocation(location: string, { host, prefix }: { host: string; prefix: string }): string {
  const absolute = /^[a-z][a-z0-9+.-]*:/i.test(location) || location.startsWith('//');
  if (!absolute) return location.startsWith('/') ? `${prefix}${location}` : location;
  let url: URL;
  try {
    url = new URL(location, 'http://_');
  } catch {
    return location;
  }
  return url.host === host ? `${prefix}${url.pathname}${url.search}${url.hash}` : location;
}
