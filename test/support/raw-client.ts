import { connect } from 'node:net';

/** Sends bytes on a connection of their own and gives all that comes back before it is closed. */
export function sendText(url: string, text: string | readonly string[], { endAfter = false } = {}): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (bytes) => (answer += bytes.toString('latin1')));
    socket.on('error', () => undefined).on('close', () => resolve(answer));
    for (const piece of typeof text === 'string' ? [text] : text) socket.write(piece, 'latin1');
    if (endAfter) socket.end();
  });
}

/** The status and body of each answer in what a connection gave. */
export function answersIn(text: string): { status: number; head: string; body: string }[] {
  const answers: { status: number; head: string; body: string }[] = [];
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`Not an answer: ${rest}`);
    const head = rest.slice(0, end);
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    answers.push({ status: Number(head.slice(9, 12)), head, body: rest.slice(end + 4, end + 4 + length) });
    rest = rest.slice(end + 4 + length);
  }
  return answers;
}
