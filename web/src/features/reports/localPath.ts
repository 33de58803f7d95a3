/**
 * The path of a link on this server, or null for everything else: another host, `javascript:`,
 * or no address at all. Links come with the data and are not trusted.
 */
export function localPath(href: string, origin: string = window.location.origin): string | null {
  if (!href.startsWith("/") || !URL.canParse(href, origin)) return null;
  const url = new URL(href, origin);
  return url.origin === origin ? url.pathname + url.search : null;
}
