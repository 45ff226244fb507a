import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../harness/eventually';
import { aCollection, json } from '../../../harness/samples';
import { describeWithReference } from '../../reference/describe-with-reference';
import { GatewayInFront } from './gateway-in-front';

describeWithReference('clients that do not read what they asked for', () => {
  let front: GatewayInFront | undefined;
  afterEach(() => front?.stop());

  it('leave the connections to the side to the others', async () => {
    front = await GatewayInFront.start(20, ['--connections', '2']);
    const { url } = front.gateway;
    const sockets = await Promise.all(Array.from({ length: 6 }, () => front!.nonReader()));
    for (let n = 0; n < 3; n++) {
      expect((await fetch(`${url}/api/collections/1`)).status).toBe(200);
      expect((await fetch(`${url}/api/collections`, json('POST', aCollection()))).status).toBe(200);
    }
    // Those who do read in the end get all of it.
    for (const socket of sockets) {
      let bytes = 0;
      socket.on('data', (piece) => (bytes += piece.length)).resume();
      await eventually(() => expect(bytes).toBeGreaterThan(20_000_000));
      socket.destroy();
    }
  });

  it('are cut off once they have taken no byte for a time, whatever they send, and those who take some are not', async () => {
    front = await GatewayInFront.start(20, ['--request-timeout', '5']);
    const [still, slow] = [await front.nonReader(), await front.nonReader()];
    let [taken, over] = [0, false];
    slow.on('data', (piece) => {
      taken += piece.length;
      slow.pause();
    });
    const taking = (async () => {
      while (!over) {
        slow.resume();
        await sleep(250);
      }
    })();
    await cutOff([still], 1);
    const before = taken;
    await eventually(() => expect(taken).toBeGreaterThan(before));
    over = true;
    await taking;
    slow.destroy();
  });

  it('are cut off beyond their number', async () => {
    front = await GatewayInFront.start(20, ['--slow-readers', '2']);
    const sockets = await Promise.all(Array.from({ length: 5 }, () => front!.nonReader()));
    await cutOff(sockets, 3);
    for (const socket of sockets.filter(({ closed }) => !closed)) {
      socket.resume();
      await eventually(() => expect(socket.bytesRead).toBeGreaterThan(20_000_000));
      socket.destroy();
    }
  });

  it('cost no memory, however long the list is', async () => {
    front = await GatewayInFront.start(100, []);
    await (await fetch(`${front.gateway.url}/health`)).text();
    const before = front.peak;
    const socket = await front.nonReader();
    await sleep(3000);
    socket.resume();
    await eventually(() => expect(socket.bytesRead).toBeGreaterThan(100_000_000));
    socket.destroy();
    expect(front.peak - before).toBeLessThan(60);
  });
});

/**
 * Waits until so many of the connections are closed. Who does not read hears of it only by sending: empty lines, which mean
 * nothing between two requests.
 */
async function cutOff(sockets: readonly Socket[], count: number): Promise<void> {
  while (sockets.filter(({ closed }) => closed).length < count) {
    for (const socket of sockets) if (!socket.closed) socket.write('\r\n');
    await sleep(200);
  }
}
