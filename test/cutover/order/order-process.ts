/**
 * A process that holds an order on real parts, for tests that end it in every way a process can end.
 * Usage: node --import tsx order-process.ts <JSON of OrderPlace>. It is asked by messages, and says `{ n: 0 }` once it is open.
 */
import { randomUUID } from 'node:crypto';
import { API_RULES } from '../../../src/cutover/gateway/api-rules';
import { EvidenceFile } from '../../../src/cutover/gateway/kept/evidence-file';
import { KeptFacts } from '../../../src/cutover/gateway/kept/gateway-facts';
import { JournalFolder } from '../../../src/cutover/gateway/kept/journal-folder';
import { SystemClock } from '../../../src/cutover/order/disk/system-clock';
import { Order } from '../../../src/cutover/order/order';
import { BLUE_LIMITS, BlueServer } from '../../../src/cutover/order/ports/blue-server';
import { GREEN_LIMITS, GreenServer } from '../../../src/cutover/order/ports/green-server';
import type { Asked, OrderPlace, Question } from './order-program';

const LIMITS = {
  segmentBytes: 256 << 10,
  waitingWrites: 1000,
  waitingBytes: 64 << 20,
  openWrites: 256,
  patience: 20_000,
  maxBehind: 100_000,
  journalLimit: 1 << 30,
};

/** @returns the order, and what closes it with all its connections */
async function open(place: OrderPlace): Promise<{ readonly order: Order; readonly close: () => Promise<void> }> {
  const { directory, blue, greenAdmin, token, deadline } = place;
  const folder = await JournalFolder.take(directory);
  const { facts } = await KeptFacts.open(folder, { blue, green: greenAdmin });
  const blueLimits = { ...BLUE_LIMITS, firstByte: deadline, silence: deadline };
  const greenLimits = { ...GREEN_LIMITS, silence: deadline };
  const blueServer = new BlueServer(new URL(blue), blueLimits);
  const greenServer = new GreenServer({ adminUrl: new URL(greenAdmin), token }, API_RULES, greenLimits);
  const order = await Order.open(
    {
      disk: folder,
      clock: new SystemClock(),
      blue: blueServer,
      green: greenServer,
      rules: API_RULES,
      evidence: await EvidenceFile.open(directory, facts, { witnessed: () => ({}), forget: () => undefined }),
      newName: randomUUID,
    },
    LIMITS,
  );
  const close = async () => {
    await order.close();
    blueServer.close();
    greenServer.close();
  };
  return { order, close };
}

async function answer(order: Order, question: Question): Promise<unknown> {
  if (question.kind === 'status') return order.status;
  if (question.kind === 'import') return order.importCopy();
  if (question.kind === 'phase') return order.change(question.to, question.options);
  const { route, body } = question;
  const { resource, verb, id } = route;
  const method = { create: 'POST', replace: 'PUT', delete: 'DELETE' }[verb];
  const target = id === null ? `/api/${resource}` : `/api/${resource}/${id}`;
  const headers = ['Host', 'city.example', ...(verb === 'delete' ? [] : ['Content-Type', 'application/json'])];
  const { reply } = await order.submit(route, { method, target, headers, body: Buffer.from(body) });
  if (reply.kind !== 'answer') return reply.kind === 'settled' ? { ...reply, row: reply.row?.toString() } : reply;
  return { kind: 'answer', status: reply.answer.status, body: reply.answer.body.toString() };
}

async function main(): Promise<void> {
  const { order, close } = await open(JSON.parse(process.argv[2] ?? '') as OrderPlace);
  const say = (message: object) => process.connected && process.send?.(message);
  process.on('message', ({ n, question }: Asked) => {
    answer(order, question).then(
      (result) => say({ n, result }),
      (error: unknown) => say({ n, error: String(error) }),
    );
  });
  // With whoever asks it ends, by itself.
  process.on('disconnect', () => void close());
  say({ n: 0 });
}

void main();
