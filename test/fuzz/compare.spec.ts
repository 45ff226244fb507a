import type { HeaderPair, RecordedRequest } from '../../src/recordings/exchange';
import { compareOutcomes } from './compare';
import type { Outcome } from './side';

const WITHOUT_HOST: RecordedRequest = {
  method: 'GET',
  target: '/api/collections/',
  headers: [['host', null]],
  body: null,
};

const outcome = (status: number, ...headers: HeaderPair[]): Outcome => ({
  status,
  headers: [['content-length', '0'], ...headers],
  body: Buffer.alloc(0),
  complete: true,
});
const redirect = (location: string) => outcome(307, ['location', location]);

describe('a request without Host', () => {
  it('is redirected to the own address of each server, which is no difference', () => {
    const [left, right] = [8000, 8100].map((port) => redirect(`http://127.0.0.1:${port}/api/collections`));
    expect(compareOutcomes(WITHOUT_HOST, left!, right!)).toEqual([]);
    expect(compareOutcomes({ ...WITHOUT_HOST, headers: [] }, left!, right!)).toHaveLength(1);
  });

  it('that is redirected to another path is a difference', () => {
    const [left, right] = ['collections', 'locations'].map((name) => redirect(`http://127.0.0.1:8000/api/${name}`));
    expect(compareOutcomes(WITHOUT_HOST, left!, right!)).toMatchObject([{ aspect: 'header', header: 'location' }]);
  });

  it('that is refused with 400 is a difference: the old server answered it', () => {
    expect(compareOutcomes(WITHOUT_HOST, outcome(200), outcome(400))).toMatchObject([{ aspect: 'status', got: '400' }]);
  });
});
