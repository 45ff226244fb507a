/** What a body of a collection holds; `quantity` and `collected_date` are such as every server writes alike. */
export interface CollectionBody {
  readonly location: string;
  readonly waste_type: string;
  readonly quantity: number;
  readonly unit: string;
  readonly collected_date: string;
  readonly status: string;
}

const WASTE_TYPES = ['organic', 'plastic', 'paper', 'metal', 'glass', 'electronic'];
const UNITS = ['kg', 'tons', 'liters'];
const STREETS = [
  'Depot 4, Harbour Road',
  'Recycling centre, 12 Hill Street',
  'Zürich, Langstraße 77',
  'Corner "Old Mill"',
];

/** Ordinary bodies of about 200 bytes, the same ones for the same seed. */
export function collectionBodies(count: number, seed = 1): CollectionBody[] {
  const random = xorshift(seed);
  const pick = (values: readonly string[]) => values[random() % values.length] ?? '';
  const two = (value: number) => String(value).padStart(2, '0');
  return Array.from({ length: count }, () => ({
    location: `${pick(STREETS)}, gate ${random() % 100}, bay ${random() % 1000}, on request of the district`,
    waste_type: pick(WASTE_TYPES),
    quantity: (random() % 100_000) / 100,
    unit: pick(UNITS),
    collected_date: `2024-${two(1 + (random() % 12))}-${two(1 + (random() % 28))}T${two(random() % 24)}:${two(random() % 60)}:00`,
    status: random() % 3 === 0 ? 'completed' : 'pending',
  }));
}

function xorshift(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
