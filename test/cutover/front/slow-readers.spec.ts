import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../harness/eventually';
import { aCollection, json } from '../../../harness/samples';
import { describeWithReference } from '../../reference/describe-with-reference';
import { GatewayInFront, isClosed } from './gateway-in-front';

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

  it('are cut off once they have taken no byte for a time, and those who take some are not', async () => {
    front = await GatewayInFront.start(20, ['--request-timeout', '2']);
    const [still, slow] = [await front.nonReader(), await front.nonReader()];
    let [taken, over] = [0, false];
    const taking = (async () => {
      slow.on('data', (piece) => {
        taken += piece.length;
        slow.pause();
      });
      for (; !over; await sleep(50)) slow.resume();
    })();
    // A socket that nobody reads does not hear of its end.
    await sleep(6000);
    still.resume();
    await isClosed(still);
    expect(still.bytesRead).toBeLessThan(20_000_000);
    const before = taken;
    await eventually(() => expect(taken).toBeGreaterThan(before));
    expect(slow.closed).toBe(false);
    over = true;
    await taking;
    slow.destroy();
  });

  it('are cut off beyond their number, the slowest first', async () => {
    front = await GatewayInFront.start(20, ['--slow-readers', '2']);
    const sockets = await Promise.all(Array.from({ length: 6 }, () => front!.nonReader()));
    await sleep(3000);
    const sizes = await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<number>((resolve) => {
            socket.once('close', () => resolve(socket.bytesRead));
            socket.on('data', () => socket.bytesRead > 20_000_000 && socket.destroy()).resume();
          }),
      ),
    );
    expect(sizes.filter((bytes) => bytes > 20_000_000)).toHaveLength(2);
  });

  it('cost no memory, however long the list is', async () => {
    front = await GatewayInFront.start(100, []);
    await (await fetch(`${front.gateway.url}/health`)).text();
    const before = front.peak;
    const sockets = await Promise.all(Array.from({ length: 3 }, () => front!.nonReader()));
    await sleep(1000);
    // Slowly first, then as fast as it goes.
    for (const socket of sockets) {
      socket.once('data', () => {
        socket.pause();
        setTimeout(() => socket.resume(), 500);
      });
      socket.resume();
    }
    await Promise.all(sockets.map((socket) => eventually(() => expect(socket.bytesRead).toBeGreaterThan(100_000_000))));
    for (const socket of sockets) socket.destroy();
    expect(front.peak - before).toBeLessThan(60);
  });
});
