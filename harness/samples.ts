/** A collection's body as clients send it. */
export function aCollection(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    location: 'Depot',
    waste_type: 'paper',
    quantity: 1.5,
    unit: 'kg',
    collected_date: '2024-01-15T10:30:00',
    status: 'pending',
    ...changes,
  };
}

/** A location's body as clients send it. */
export function aLocation(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { name: 'North', address: 'Main Street 1', latitude: 52.5, longitude: 13.25, zone: 'A', ...changes };
}

/** What fetch() takes to send a body as JSON. */
export function json(method: 'POST' | 'PUT', body: unknown): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}
