import { useCluster } from '../support/clusters';
import { query } from '../../harness/postgres-cluster';
import { aCollection, aLocation, json } from '../../harness/samples';
import { startTestApp, type TestApp } from '../support/test-app';

const REFUSED = { status: 403, body: '{"detail":"The database refuses this change: nothing was changed"}' };

interface Answer {
  readonly status: number;
  readonly body: string;
}

describe('a trigger that somebody put on a table', () => {
  const cluster = useCluster();

  describe('', () => {
    let app: TestApp;
    let url: string;

    beforeEach(async () => {
      url = await cluster().createDatabase();
      app = await startTestApp(url);
    });
    afterEach(() => app.close());

    const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
      const response = await fetch(`${app.url}${path}`, init);
      return { status: response.status, body: await response.text() };
    };
    const post = (path: string, body: object) => ask(path, json('POST', body));
    /** Runs `body` before each row is stored, changed or deleted. */
    const trigger = (event: 'insert' | 'update' | 'delete', body: string, table = 'collections', when = 'before') =>
      query(
        url,
        `create function foreign_rule() returns trigger language plpgsql as $$ begin ${body} end $$;
         create trigger a_foreign_rule ${when} ${event} on ${table} for each row execute function foreign_rule()`,
      );
    const many = Array.from({ length: 40 }, (_, n) => n);
    const place = (n: number) => `place ${n}`;
    const createAll = () => Promise.all(many.map((n) => post('/api/collections', aCollection({ location: place(n) }))));
    const locationOf = ({ body }: Answer) => (JSON.parse(body) as { location: string }).location;
    const idOf = ({ body }: Answer) => (JSON.parse(body) as { id: number }).id;
    /** No answer holds what another client sent. */
    const expectOwnRows = (answers: readonly Answer[]) =>
      answers.forEach((answer, n) => {
        if (answer.status === 200) expect(locationOf(answer)).toBe(place(n));
      });

    it.each(['collections', 'locations'])('leaves rows of %s out: nobody gets the row of another', async (table) => {
      const [field, sample] = table === 'collections' ? ['location', aCollection] : ['name', aLocation];
      await trigger('insert', `if new.${field} like '%3' then return null; end if; return new;`, table);
      const answers = await Promise.all(many.map((n) => post(`/api/${table}`, sample({ [field]: place(n) }))));
      answers.forEach((answer, n) => {
        if (n % 10 === 3) expect(answer).toEqual(REFUSED);
        else expect(JSON.parse(answer.body)).toMatchObject({ [field]: place(n) });
      });
      expect(await post(`/api/${table}`, sample({ [field]: 'alone 3' }))).toEqual(REFUSED);
      const listed = JSON.parse((await ask(`/api/${table}`)).body) as object[];
      expect(listed).toHaveLength(many.length - 4);
      // The id of a row that was left out is used up.
      expect(idOf(await post(`/api/${table}`, sample({ [field]: 'alone' })))).toBe(many.length + 2);
    });

    it('gives rows other ids: nobody gets the row of another', async () => {
      await trigger('insert', 'new.id := new.id + 1; return new;');
      const answers = await createAll();
      expectOwnRows(answers);
      // A single create is the row that came back; of several it cannot be told.
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 504]));
    });

    it('changes rows after the API sent them: they are answered as they are stored', async () => {
      await trigger('insert', `new.location := upper(new.location); return new;`);
      await query(url, 'alter trigger a_foreign_rule on collections rename to the_last_rule');
      const [created] = await createAll();
      expect(locationOf(created!)).toBe('PLACE 0');
      const rows = await query<{ same: boolean }>(
        url,
        `select wire::json ->> 'location' = location as same from collections`,
      );
      expect(new Set(rows.map(({ same }) => same))).toEqual(new Set([true]));
    });

    it('stores copies beside the rows: each client gets its own', async () => {
      await trigger(
        'insert',
        `if new.id < 1000 then
           insert into collections (id, location, waste_type, quantity, unit, collected_date, status)
           values (new.id + 1000, 'copy', new.waste_type, 0, new.unit, new.collected_date, new.status);
         end if; return new;`,
      );
      const answers = await createAll();
      expect(answers.map(locationOf)).toEqual(many.map(place));
      expect(answers.map(idOf).sort((a, b) => a - b)).toEqual(many.map((n) => n + 1));
    });

    it('leaves a row as it is: PUT and DELETE say so, not that the row does not exist', async () => {
      await createAll();
      await trigger('update', `if old.id % 10 = 3 then return null; end if; return new;`);
      const changes = await Promise.all(
        many.map((n) => ask(`/api/collections/${n + 1}`, json('PUT', aCollection({ location: place(n) })))),
      );
      expectOwnRows(changes);
      changes.forEach((answer, n) => {
        if ((n + 1) % 10 === 3) expect(answer).toEqual(REFUSED);
        else expect(answer.status).toBe(200);
      });
      await query(url, 'drop trigger a_foreign_rule on collections; drop function foreign_rule');
      await trigger('delete', `if old.id % 10 = 3 then return null; end if; return old;`);
      const deletes = await Promise.all(many.map((n) => ask(`/api/collections/${n + 1}`, { method: 'DELETE' })));
      deletes.forEach((answer, n) => {
        if ((n + 1) % 10 === 3) expect(answer).toEqual(REFUSED);
        else expect(answer.status).toBe(200);
      });
      expect((JSON.parse((await ask('/api/collections')).body) as { id: number }[]).map(({ id }) => id)).toEqual([
        3, 13, 23, 33,
      ]);
      expect((await ask('/api/collections/41', { method: 'DELETE' })).status).toBe(404);
      expect((await ask('/api/collections/41', json('PUT', aCollection()))).status).toBe(404);
    });

    it('moves a replaced row to another id: the answer is still of the row that was sent', async () => {
      await createAll();
      await trigger('update', 'new.id := 1000 - new.id; return new;');
      const answers = await Promise.all(
        many.map((n) => ask(`/api/collections/${n + 1}`, json('PUT', aCollection({ location: place(n) })))),
      );
      expect(answers.map(locationOf)).toEqual(many.map(place));
      expect(answers.map(idOf)).toEqual(many.map((n) => 999 - n));
    });

    it('calls a function that is not there: that item alone fails, and it is not said to pass', async () => {
      await trigger('insert', `if new.location like '%3' then perform missing_function(); end if; return new;`);
      const answers = await createAll();
      expect(answers.map(({ status }) => status)).toEqual(many.map((n) => (n % 10 === 3 ? 500 : 200)));
      expectOwnRows(answers);
    });

    it('a rule, which PostgreSQL does not allow for such statements, is no silent loss', async () => {
      await query(url, 'create rule nothing as on insert to collections do instead nothing');
      const answers = await createAll();
      expect(answers.filter(({ status }) => status < 500)).toEqual([]);
      await query(url, 'drop rule nothing on collections');
      expect(idOf(await post('/api/collections', aCollection()))).toBe(1);
    });
  });
});
