import { useCluster } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { aCollection, aLocation, json } from '../../harness/samples';
import { startTestApp, type TestApp } from '../support/test-app';

const row = (id: string) =>
  `insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
   select ${id}, 'by hand', 'paper', 1, 'kg', '2024-01-15', 'pending'`;

describe('rows that somebody inserted by SQL', () => {
  const cluster = useCluster();

  describe('', () => {
    let apps: TestApp[];
    let url: string;

    beforeEach(async () => {
      url = await cluster().createDatabase();
      apps = await Promise.all([1, 2].map(() => startTestApp(url)));
    });
    afterEach(() => Promise.all(apps.map((app) => app.close())));

    const ask = async (path: string, init?: RequestInit, server = 0) => {
      const response = await fetch(`${apps[server]!.url}${path}`, init);
      return { status: response.status, body: await response.text() };
    };
    const create = async (server = 0) => {
      const { status, body } = await ask('/api/collections', json('POST', aCollection()), server);
      return { status, id: status === 200 ? (JSON.parse(body) as { id: number }).id : body };
    };
    const createAll = async (count: number) => {
      const created = await Promise.all(Array.from({ length: count }, (_, n) => create(n % 2)));
      return created.map(({ id }) => id as number).sort((a, b) => a - b);
    };
    const from = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);

    it('at the next id: creates go on behind it, on two servers at once, without a gap', async () => {
      expect(await createAll(3)).toEqual([1, 2, 3]);
      for (let round = 0, last = 3; round < 5; round++, last += 61) {
        await query(url, row('(select max(id) + 1 from collections)'));
        expect(await createAll(60)).toEqual(from(last + 2, 60));
      }
    });

    it('restored without id_counters: ids go on behind the greatest, of locations too', async () => {
      await createAll(20);
      for (let n = 0; n < 3; n++) await ask('/api/locations', json('POST', aLocation()));
      await query(url, 'truncate id_counters');
      expect(await createAll(40)).toEqual(from(21, 40));
      expect((await ask('/api/locations', json('POST', aLocation()))).body).toMatch(/^\{"id":4,/);
    });

    it('at both ends of what an id can be: in a long list, too', async () => {
      await query(url, row('-9223372036854775808'));
      await query(url, row('9223372036854775807'));
      await query(url, `${row('n')} from generate_series(1, 21000) n`);
      const response = await fetch(`${apps[0]!.url}/api/collections`);
      const text = await response.text();
      expect(text.length).toBe(Number(response.headers.get('content-length')));
      expect(text).toMatch(/^\[\{"id":-9223372036854775808,.*\{"id":21000,[^{]*\{"id":9223372036854775807,[^{]*\}\]$/);
    });

    it('far ahead, in the way of nobody: ids go on where they were, and then behind it', async () => {
      await createAll(2);
      await query(url, row('5'));
      expect([await create(), await create(), await create()].map(({ id }) => id)).toEqual([3, 4, 6]);
    });

    it('at the next id, while ids that were given are gone: none is given again', async () => {
      await createAll(10);
      await query(url, `delete from collections; ${row('11')}; delete from collections`);
      expect((await create()).id).toBe(11);
      await query(url, `delete from collections; ${row('12')}; update id_counters set next_id = 12`);
      expect((await create()).id).toBe(13);
    });

    it('that are still uncommitted at the next id are waited for', async () => {
      await createAll(1);
      const held = query(url, `begin; ${row('2')}; select pg_sleep(1); commit`);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await createAll(20)).toEqual(from(3, 20));
      await held;
    });

    it.each(['0', '-5', '-9223372036854775808', '9223372036854775807'])(
      'with the id %s: read, replaced and deleted by it, as the list shows it',
      async (id) => {
        await query(url, row(id));
        const listed = (await ask('/api/collections')).body;
        expect(listed).toMatch(`[{"id":${id},`);
        expect(`[${(await ask(`/api/collections/${id}`)).body}]`).toBe(listed);
        const replaced = await ask(`/api/collections/${id}`, json('PUT', aCollection({ location: 'moved' })));
        expect([replaced.status, replaced.body]).toEqual([
          200,
          expect.stringContaining(`{"id":${id},"location":"moved"`),
        ]);
        expect((await create()).id).toBe(1);
        expect((await ask(`/api/collections/${id}`, { method: 'DELETE' })).status).toBe(200);
        expect(await ask(`/api/collections/${id}`)).toEqual({ status: 404, body: '{"detail":"Collection not found"}' });
      },
    );

    it('ids that are no bigint are not found', async () => {
      for (const id of ['9223372036854775808', '-9223372036854775809']) {
        for (const init of [undefined, json('PUT', aCollection()), { method: 'DELETE' }]) {
          expect((await ask(`/api/collections/${id}`, init)).status).toBe(404);
        }
      }
    });

    it('up to the last id: what is left is given, then creates fail, and everything else goes on', async () => {
      await query(
        url,
        `${row('9223372036854775807')}; insert into id_counters values ('collections', 9223372036854775805)`,
      );
      const answers = await Promise.all(from(0, 20).map(() => create()));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, ...from(0, 18).map(() => 500)]);
      expect((await ask('/api/collections')).body.match(/"id":/g)).toHaveLength(3);
      await query(url, `update id_counters set next_id = 1`);
      expect((await create()).id).toBe(1);
    });
  });
});
