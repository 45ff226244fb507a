import { useCluster } from '../support/clusters';
import { startTestApp, type TestApp } from '../support/test-app';
import { startReference, type Reference } from '../../harness/reference';

/** The old server, and this one on a database of its own: started before the tests of this block, and ended after them. */
export function useBothServers(): { readonly reference: () => Reference; readonly app: () => TestApp } {
  let reference: Reference;
  let app: TestApp;
  // Before the hooks of the cluster, which ends last.
  afterAll(async () => {
    await app.close();
    await reference.stop();
  });
  const cluster = useCluster();
  beforeAll(async () => {
    reference = await startReference();
    app = await startTestApp(await cluster().createDatabase());
  });
  return { reference: () => reference, app: () => app };
}

/** An exchange without what is not compared. */
export const compared = (text: string) =>
  text
    .replace(/^(date|server|connection|keep-alive): .*\r\n/gim, '')
    .replace(/HTTP\/1\.1 (\d+) .*\r\n/g, 'HTTP/1.1 $1\r\n');
