import { aCollection, json } from '../../../harness/samples';
import { describeWithReference } from '../../reference/describe-with-reference';
import { exchange, openSocket, statusesIn } from '../../support/raw-exchange';
import { GatewayInFront } from './gateway-in-front';

const READ = 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n';

describeWithReference('connections to the gateway', () => {
  let front: GatewayInFront;
  beforeEach(async () => {
    front = await GatewayInFront.start(0, []);
  });
  afterEach(() => front.stop());

  it('that are idle live through the notice of a stop, and are told to close with their next answer', async () => {
    const socket = await openSocket(front.gateway.url);
    let text = '';
    const ended = new Promise((resolve) => socket.once('end', resolve));
    socket.on('data', (piece) => (text += piece.toString('latin1')));
    const answers = async (count: number) => {
      while (statusesIn(text).length < count) await new Promise((later) => setTimeout(later, 10));
    };
    socket.write(READ);
    await answers(1);
    expect(text).not.toMatch(/^connection: close\r$/im);
    const stopped = front.gateway.stop();
    await front.gateway.says('finishing what is under way');
    socket.write(READ);
    await ended;
    expect(statusesIn(text)).toEqual([200, 200]);
    expect(text).toMatch(/^connection: close\r$/im);
    socket.destroy();
    expect(await stopped).toBe(0);
  });

  it('that bring hundreds of requests at once have each answered in its turn, and others theirs meanwhile', async () => {
    const body = JSON.stringify(aCollection());
    const write = `POST /api/collections HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const flood = exchange(front.gateway.url, [READ.repeat(200) + write.repeat(30) + READ.repeat(200)], {
      halfClose: true,
    });
    const meanwhile = await fetch(`${front.gateway.url}/api/collections`, json('POST', aCollection()));
    expect(meanwhile.status).toBe(200);
    expect(statusesIn(await flood)).toEqual(Array<number>(430).fill(200));
  });
});
