import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { faults, guarded, type Fault } from './guard';

describe('a fault in the work for one client', () => {
  const { report } = faults;
  const told: Fault[] = [];
  beforeAll(() => {
    faults.report = (fault) => told.push(fault);
  });
  afterAll(() => {
    faults.report = report;
  });

  it('is told of with the id of its request, and cuts that client off', async () => {
    const server = createServer((_, response) => {
      guarded(response, () => {
        throw new Error('planted');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const asked = fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-request-id': 'mine' } });
    await expect(asked).rejects.toThrow('fetch failed');
    expect(told).toEqual([{ requestId: 'mine', msg: expect.stringContaining('Error: planted') as string }]);
    server.close();
  });
});
