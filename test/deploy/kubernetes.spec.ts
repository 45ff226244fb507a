import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { readConfig } from '../../src/config';
import { environmentOf, readDockerfile } from '../container/dockerfile';

interface Container {
  readonly env: { readonly name: string; readonly value: unknown }[];
  readonly ports: { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe: { readonly httpGet: unknown };
  readonly readinessProbe: { readonly httpGet: unknown };
  readonly securityContext: unknown;
  readonly volumeMounts: { readonly name: string; readonly mountPath: string }[];
}

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: unknown;
  readonly containers: [Container];
  readonly volumes: { readonly name: string }[];
}

interface Deployment {
  readonly spec: {
    readonly selector: { readonly matchLabels: unknown };
    readonly template: { readonly metadata: { readonly labels: unknown }; readonly spec: Pod };
  };
}

interface Service {
  readonly spec: { readonly selector: unknown; readonly ports: unknown };
}

const FILE = resolve(__dirname, '../../deploy/kubernetes/waste-collection-api.yaml');
const [deployment, service] = parseAllDocuments(readFileSync(FILE, 'utf8')).map((document) => {
  expect(document.errors).toEqual([]);
  return document.toJS() as unknown;
}) as [Deployment, Service];
const { metadata, spec: pod } = deployment.spec.template;
const [container] = pod.containers;

const named = <One extends { readonly name: string }>(list: readonly One[], name: string): One | undefined =>
  list.find((one) => one.name === name);

const image = environmentOf(readDockerfile().at(-1)!);
const given = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));

test('every variable is a text, and the server takes them all', () => {
  expect(Object.values(given).filter((value) => typeof value !== 'string')).toEqual([]);
  const { DATABASE_URL_FILE: file, ...settings } = { ...image, ...given } as Record<string, string>;
  const config = readConfig(settings);
  expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(config.shutdownTimeout + 1000);
  expect(file).toBe(`${named(container.volumeMounts, 'database-url')!.mountPath}/database-url`);
  expect(named(container.ports, 'http')).toMatchObject({ containerPort: config.port });
  expect(named(container.ports, 'admin')).toMatchObject({ containerPort: config.adminPort });
});

test('the kubelet can ask the admin port, and the Service does not publish it', () => {
  expect(given.ADMIN_HOST).toBe('0.0.0.0');
  expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'admin' });
  expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'admin' });
  expect(service.spec.ports).toEqual([{ name: 'http', port: 80, targetPort: 'http' }]);
});

test('the Service finds the pods, which have no rights and can write to memory only', () => {
  expect(metadata.labels).toEqual(service.spec.selector);
  expect(deployment.spec.selector.matchLabels).toEqual(service.spec.selector);
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  // The secret can be read by the pod's group and nobody else.
  expect(named(pod.volumes, 'database-url')).toMatchObject({ secret: { defaultMode: 0o440 } });
});
