/** A positive number of seconds, in milliseconds. @throws TypeError for anything else */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400)) {
    throw new TypeError(`${JSON.stringify(text)} is not a number of seconds from 0 to 86400`);
  }
  return Math.ceil(seconds * 1000);
}

/** A whole number from 0 on. @throws TypeError for anything else */
export function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new TypeError(`${JSON.stringify(text)} is not a whole number`);
  return Number(text);
}

/**
 * The address of a server: `http://host[:port]`, or https.
 *
 * @throws TypeError if it is anything else: the API's paths start at the root
 */
export function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const known = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!known || url.pathname !== '/' || url.search || url.hash || url.username) {
    throw new TypeError(`${JSON.stringify(text)} is not the address of a server: write it as http://host:port`);
  }
  return url;
}
