import request from 'supertest';
import { useCluster } from './support/clusters';
import { query } from '../harness/postgres-cluster';
import { aCollection, aLocation } from '../harness/samples';
import { startTestApp, type TestApp } from './support/test-app';

describe('the resources', () => {
  const cluster = useCluster();

  describe('over HTTP', () => {
    let app: TestApp;
    let databaseUrl: string;

    beforeAll(async () => {
      databaseUrl = await cluster().createDatabase();
      app = await startTestApp(databaseUrl);
    });
    beforeEach(() => query(databaseUrl, 'truncate collections, locations, id_counters restart identity'));
    afterAll(() => app.close());

    const api = () => request(app.server);
    const collection = (id: number, changes: object = {}) => ({ id, ...aCollection(), ...changes });

    it('a collection lives: created, read, replaced, listed, deleted', async () => {
      await api().post('/api/collections').send(aCollection()).expect(200, collection(1));
      await api().get('/api/collections/1').expect(200, collection(1));
      const { status: _, ...withoutStatus } = aCollection({ quantity: 2.5, id: 99 });
      await api()
        .put('/api/collections/1')
        .send(withoutStatus)
        .expect(200, collection(1, { quantity: 2.5 }));
      await api()
        .get('/api/collections')
        .expect(200, [collection(1, { quantity: 2.5 })]);
      await api().delete('/api/collections/1').expect(200, { message: 'Collection deleted successfully' });
      await api().get('/api/collections').expect(200, []);
      for (const answer of [
        api().get('/api/collections/1'),
        api().delete('/api/collections/1'),
        api().put('/api/collections/1').send(aCollection()),
      ]) {
        await answer.expect(404, { detail: 'Collection not found' });
      }
    });

    it('ids are never used again, and a refused POST uses none', async () => {
      await api().post('/api/collections').send(aCollection());
      await api().delete('/api/collections/1');
      await api()
        .post('/api/collections')
        .send(aCollection({ quantity: 'many' }))
        .expect(422);
      await api().post('/api/collections').send(aCollection()).expect(200, collection(2));
    });

    it('concurrent creates, replaces and deletes each get their own answer', async () => {
      const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
      const created = await Promise.all(
        numbers.map((n) =>
          api()
            .post('/api/collections')
            .send(aCollection({ location: `place ${n}` })),
        ),
      );
      const ids = created.map(({ body }) => body.id as number);
      expect([...ids].sort((a, b) => a - b)).toEqual(numbers);
      created.forEach(({ body }, index) => expect(body.location).toBe(`place ${index + 1}`));

      const mixed = await Promise.all(
        numbers.map((id) =>
          id % 2 === 0
            ? api()
                .put(`/api/collections/${id}`)
                .send(aCollection({ quantity: id }))
            : api().delete(`/api/collections/${id}`),
        ),
      );
      mixed.forEach(({ status, body }, index) => {
        const id = index + 1;
        expect(status).toBe(200);
        if (id % 2 === 0) expect(body).toMatchObject({ id, quantity: id });
      });
      const { body: left } = await api().get('/api/collections');
      expect((left as { id: number }[]).map(({ id }) => id)).toEqual(numbers.filter((id) => id % 2 === 0));
    });

    it('of concurrent replaces of one collection each is answered with what it sent, and one of them stays', async () => {
      await api().post('/api/collections').send(aCollection());
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          api()
            .put('/api/collections/1')
            .send(aCollection({ quantity: n + 0.5 })),
        ),
      );
      answers.forEach(({ body }, n) => expect(body).toEqual(collection(1, { quantity: n + 0.5 })));
      const { body } = await api().get('/api/collections/1');
      expect(answers.map((answer) => answer.body as unknown)).toContainEqual(body);
    });

    it('of concurrent deletes of one collection exactly one succeeds', async () => {
      await api().post('/api/collections').send(aCollection());
      const answers = await Promise.all(Array.from({ length: 10 }, () => api().delete('/api/collections/1')));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 404)]);
    });

    it('locations are created and listed, and have no page each', async () => {
      await api()
        .post('/api/locations')
        .send(aLocation())
        .expect(200, { id: 1, ...aLocation() });
      await api()
        .get('/api/locations')
        .expect(200, [{ id: 1, ...aLocation() }]);
      await api().get('/api/locations/1').expect(404, { detail: 'Not Found' });
    });

    it('analytics count, and sum in the order of ids', async () => {
      await api()
        .get('/api/analytics')
        .expect('{"total_collections":0,"pending_collections":0,"completed_collections":0,"waste_by_type":{}}');
      for (const quantity of [1e16, 1, -1e16]) await api().post('/api/collections').send(aCollection({ quantity }));
      await api()
        .post('/api/collections')
        .send(aCollection({ waste_type: 'glass', status: 'completed' }));
      await api()
        .get('/api/analytics')
        .expect(
          '{"total_collections":4,"pending_collections":3,"completed_collections":1,"waste_by_type":{"paper":0.0,"glass":1.5}}',
        );
    });

    it('a sum beyond the doubles is null, and the other sums stand', async () => {
      for (const quantity of [1e308, 1e308, -1e308])
        await api().post('/api/collections').send(aCollection({ quantity }));
      await api()
        .post('/api/collections')
        .send(aCollection({ waste_type: 'glass' }));
      await api()
        .get('/api/analytics')
        .expect(200, /"waste_by_type":\{"paper":null,"glass":1\.5\}/);
    });

    it('an id beyond those of PostgreSQL is not found', async () => {
      for (const id of ['0', '-1', '9223372036854775808', '1' + '0'.repeat(400)]) {
        await api().get(`/api/collections/${id}`).expect(404, { detail: 'Collection not found' });
        await api().delete(`/api/collections/${id}`).expect(404);
      }
    });

    it('/health says the local time', async () => {
      const { body } = await api().get('/health').expect(200);
      expect(body).toEqual({
        status: 'healthy',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
      });
    });
  });
});
