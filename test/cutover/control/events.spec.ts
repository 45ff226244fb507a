import { appendFile, readFile, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayEvent } from '../../../src/cutover/events/event';
import { eventually } from '../../../harness/eventually';
import { useCluster } from '../../support/clusters';
import { WatchedSides } from './watched-sides';

/** An event in as few words as tell it apart. */
function short(event: GatewayEvent): string {
  switch (event.event) {
    case 'phase':
    case 'automatic-return':
      return `${event.event} ${event.by} ${event.from}→${event.to} ${event.result}`;
    case 'follower':
      return `follower ${event.side} ${event.state}`;
    case 'mark':
      return `mark ${event.purpose} ${event.action} ${event.result}`;
    case 'import':
    case 'action':
      return `${event.event} ${event.result}`;
    case 'gate':
      return `gate ${event.gate} ${event.to}`;
    case 'stop':
      return `stop ${event.step}`;
    default:
      return event.event;
  }
}

describe('the events of a gateway', () => {
  const cluster = useCluster();
  let sides: WatchedSides;
  beforeEach(async () => {
    sides = await WatchedSides.start(cluster(), '--comparisons', '5');
  });
  afterEach(() => sides.stop());

  const follower = (side: string, state: string, count = 1) =>
    eventually(async () => {
      const found = (await sides.events()).filter((event) => short(event) === `follower ${side} ${state}`);
      if (found.length < count) throw new Error('not told yet');
    });

  it('name all that happens in a cutover: one of 13 minutes with 13 faults wrote seven lines', async () => {
    const { gateway, green } = sides;
    await sides.shadow();
    await sides.create();
    await follower('green', 'level');

    await gateway.ask('POST', '/phase', { phase: 'green' });
    await sides.told((event) => short(event) === 'phase operator shadow→green refused');

    green.goAway();
    await sides.create();
    await follower('green', 'away');
    green.comeBack();
    await follower('green', 'back');
    await follower('green', 'level', 2);

    await gateway.kill();
    await gateway.start();
    await sides.level();

    const { id } = (await (await sides.create({ waste_type: 'cardboard' })).json()) as { id: number };
    await sides.told(({ event }) => event === 'evidence');
    await sides.run('phase', 'shadow', '--accept-evidence', '1');

    await gateway.ask('POST', '/phase', { phase: 'split', percent: 100, acceptInconclusive: true, acceptEvidence: 1 });
    green.onRead = (path) => (path === '/api/collections' ? { status: 200, text: '[]' } : undefined);
    await eventually(async () => {
      await fetch(`${gateway.url}/api/collections`);
      const { phase } = await gateway.status();
      if (phase !== 'shadow') throw new Error('still split');
    });
    green.onRead = () => undefined;
    await gateway.ask('POST', '/rebuild-follower', {});
    await gateway.stop();

    const events = await sides.events();
    const told = events.map(short);
    const expected = [
      'start',
      'mark import begin done',
      'mark import end done',
      'import done',
      'phase operator blue→shadow done',
      'follower green level',
      'phase operator shadow→green refused',
      'follower green away',
      'follower green back',
      'start',
      'evidence',
      'phase operator shadow→shadow done',
      'phase operator shadow→split done',
      'gate differences fail',
      'automatic-return gates split→shadow done',
      'action done',
      'stop begun',
      'stop ended',
    ];
    let at = -1;
    for (const one of expected) {
      const next = told.indexOf(one, at + 1);
      expect({ one, isThere: next > at, told }).toEqual({ one, isThere: true, told });
      at = next;
    }
    const back = events.find(({ event }) => event === 'automatic-return');
    expect(back).toMatchObject({
      level: 'error',
      reason: expect.stringMatching(/\d+ of \d+ comparisons differ without an explanation, on GET \/api\/collections/),
      gates: expect.arrayContaining([expect.objectContaining({ gate: 'differences', verdict: 'fail' })]),
    });
    expect(events.find(({ event }) => event === 'evidence')).toMatchObject({
      kind: 'refused',
      count: 1,
      added: 1,
      id,
    });
    expect(events.find((event) => short(event).includes('split done'))).toMatchObject({
      percent: 100,
      accepted: { evidence: 1, inconclusive: true },
    });

    // Standard error has the same, line by line.
    const kept = (await readFile(join(sides.journal.path, 'events.jsonl'), 'utf8')).trim().split('\n');
    expect(gateway.errors.trim().split('\n')).toEqual(kept);
  });

  it('go on where a killed gateway has left half a line', async () => {
    const { gateway } = sides;
    await gateway.kill();
    const file = join(sides.journal.path, 'events.jsonl');
    await appendFile(file, '{"level":"info","ti');
    await gateway.start();
    await gateway.stop();
    expect((await sides.events()).map(short)).toEqual(['start', 'start', 'stop begun', 'stop ended']);
    await gateway.start();
  });

  it('stop no gateway when their disk is full, and it says that a person is needed', async () => {
    const { gateway } = sides;
    await gateway.kill();
    const file = join(sides.journal.path, 'events.jsonl');
    await unlink(file);
    await symlink('/dev/full', file);
    await gateway.start();
    await sides.shadow();
    expect((await sides.create()).status).toBe(200);
    expect(await sides.run('status')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^needs a person {6}yes: \d+ events could not be written to events\.jsonl/m),
    });
    await unlink(file);
    await sides.told((event) => short(event) === 'phase operator blue→shadow done');
    await eventually(async () => expect(await sides.run('status')).toMatchObject({ code: 0 }));
  });

  it('tell of a mark that ran out', async () => {
    await sides.gateway.ask('POST', '/import-mark', { action: 'begin', seconds: 0.5 });
    const event = await sides.told((one) => short(one) === 'mark import expire done');
    expect(event).toMatchObject({ level: 'warn', place: 0, seconds: 0.5 });
  });
});
