import type { Random } from '../../random';
import type { Step } from '../script';
import { randomBytes } from './odd-requests';
import { ending } from './partial';
import type { Draft } from './scripts';
import { chunks, knownRequest, VALID_BODY } from './well-formed';

/** CONNECT: alone, behind requests that are not answered yet, with a body, with bytes behind it, followed by anything. */
export function connectScript(random: Random, tag: string): Draft {
  const ahead = random.weighted<number>([40, () => 0], [50, () => random.int(1, 3)], [10, () => random.int(4, 60)]);
  const before = random.many(ahead, () => knownRequest(random, tag).text).join('');
  const text = before + connectText(random) + behind(random, tag);
  return { steps: [{ do: 'send', text }, ...pauseOrNot(random), ...ending(random)] };
}

function connectText(random: Random): string {
  const target = random.pick(['/', '/api/collections', 'api.example:443', 'http://a/', '*', '/static/js/chart.js', '']);
  const [headers, body] = random.weighted<[string, string]>(
    [70, () => ['', '']],
    [15, () => [`Content-Length: ${VALID_BODY.length}\r\n`, VALID_BODY]],
    [10, () => ['Transfer-Encoding: chunked\r\n', chunks(random, VALID_BODY)]],
    [5, () => ['Expect: 100-continue\r\nContent-Length: 5\r\n', '']],
  );
  return `CONNECT ${target} HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`;
}

function behind(random: Random, tag: string): string {
  return random.weighted<string>(
    [50, () => ''],
    [15, () => knownRequest(random, tag).text],
    [15, () => randomBytes(random, random.int(1, 2000))],
    [15, () => 'CONNECT / HTTP/1.1\r\n\r\n'],
    [5, () => 'x'.repeat(random.int(1, 300_000))],
  );
}

/** An offer of another protocol, and its bytes behind it, before or after the answer. */
export function upgradeScript(random: Random, tag: string): Draft {
  const protocol = random.pick(['websocket', 'websocket', 'h2c', 'TLS/1.2', 'x']);
  const extra =
    protocol === 'websocket'
      ? 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n'
      : 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n';
  const connection = random.pick(['Upgrade', 'Upgrade, HTTP2-Settings', 'keep-alive, Upgrade', 'close']);
  const ahead = random.chance(30) ? knownRequest(random, tag).text : '';
  const known = knownRequest(random, tag).text;
  const offer = known.replace('\r\n', `\r\nConnection: ${connection}\r\nUpgrade: ${protocol}\r\n${extra}`);
  const rest = random.weighted(
    [30, () => ''],
    [30, () => `\x81\x85${randomBytes(random, 9)}`],
    [20, () => `${PREFACE}\0\0\0\x04\0\0\0\0\0`],
    [20, () => randomBytes(random, random.int(1, 5000))],
  );
  const steps: Step[] = random.chance(50)
    ? [{ do: 'send', text: ahead + offer + rest }]
    : [
        { do: 'send', text: ahead + offer },
        { do: 'await-bytes', ms: 100 },
        { do: 'send', text: rest },
      ];
  return { steps: [...steps, ...ending(random)] };
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** The opening of a TLS 1.2 or 1.3 client: record header, ClientHello, random, no session, two suites, no extensions. */
const clientHello = (random: Random) =>
  `\x16\x03\x01\0\x2f\x01\0\0\x2b\x03\x03${randomBytes(random, 32)}\0\0\x04\x13\x01\xc0\x2f\x01\0\0\0`;

/** Somebody who took the port for another's. */
export function foreignScript(random: Random): Draft {
  const text = random.weighted<string>(
    [25, () => clientHello(random)],
    [25, () => `${PREFACE}\0\0\0\x04\0\0\0\0\0`],
    [10, () => 'SSH-2.0-OpenSSH_9.2\r\n'],
    [10, () => '\0'.repeat(random.int(1, 20_000))],
    [10, () => '\r\n'.repeat(random.int(1, 20_000))],
    [10, () => randomBytes(random, random.int(1, 3000))],
    [5, () => 'PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET /health HTTP/1.1\r\n\r\n'],
    [5, () => 'GET /health\r\n\r\n'],
  );
  return { steps: [{ do: 'send', text }, ...pauseOrNot(random), ...ending(random)] };
}

/** Expect: 100-continue, with a body that comes when it was asked for, before that, in part, or never. */
export function expectScript(random: Random): Draft {
  const expectation = random.pick(['100-continue', '100-continue', '100-Continue', 'other']);
  const framing = random.pick([`Content-Length: ${VALID_BODY.length}`, 'Transfer-Encoding: chunked', 'X: y']);
  const head = `POST /api/locations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: ${expectation}\r\n${framing}\r\n\r\n`;
  const body = framing.startsWith('T') ? chunks(random, VALID_BODY) : VALID_BODY;
  const sent = random.weighted<string>(
    [60, () => body],
    [20, () => ''],
    [20, () => body.slice(0, random.int(0, body.length))],
  );
  const wait: Step[] = random.chance(70) ? [{ do: 'await-bytes', ms: 200 }] : [];
  return { steps: [{ do: 'send', text: head }, ...wait, { do: 'send', text: sent }, ...ending(random)] };
}

function pauseOrNot(random: Random): Step[] {
  return random.weighted<Step[]>(
    [50, () => []],
    [30, () => [{ do: 'wait', ms: random.int(0, 8) }]],
    [20, () => [{ do: 'await-bytes', ms: 50 }]],
  );
}
