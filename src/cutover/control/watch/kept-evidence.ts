import { open } from 'node:fs/promises';

/** A piece of evidence for a person to read. Texts are what clients and sides sent: nothing in them may be taken for markup. */
export interface ShownEvidence {
  readonly time: string | null;
  readonly kind: string;
  readonly place: number | null;
  readonly id: number | null;
  readonly explanation: string;
  readonly request: string | null;
  readonly body: string | null;
  /** What the owner answered, and the follower. */
  readonly owner: string | null;
  readonly follower: string | null;
}

/** Bytes of the file that are read, from its end: a piece may hold a body of 16 MB. */
const READ = 512 * 1024;
/** Characters of a body that are shown. */
const SHOWN = 2000;

type Fields = Readonly<Record<string, unknown>>;

/** The latest pieces of a file of evidence, the newest first; none if there is no such file, or it cannot be read. */
export async function latestEvidence(file: string, most = 20): Promise<ShownEvidence[]> {
  const text = await endOf(file).catch(() => '');
  const shown: ShownEvidence[] = [];
  for (const line of text.split('\n').reverse()) {
    if (shown.length === most) break;
    const piece = pieceIn(line);
    if (piece !== undefined) shown.push(piece);
  }
  return shown;
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, READ);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Undefined for what is no piece: the first line that was read may lack its beginning, and the last one its end. */
function pieceIn(line: string): ShownEvidence | undefined {
  let fields: Fields;
  try {
    fields = fieldsOf(JSON.parse(line));
  } catch {
    return undefined;
  }
  const { kind, explanation, place, id, at, request, owner, follower } = fields;
  if (typeof kind !== 'string') return undefined;
  const asked = fieldsOf(request);
  return {
    time: typeof at === 'string' ? at : null,
    kind,
    place: numberOr(place),
    id: numberOr(id),
    explanation: typeof explanation === 'string' ? explanation : '',
    request: typeof asked.method === 'string' ? `${asked.method} ${textOf(asked.target)}` : null,
    body: bodyOf(asked),
    owner: answerIn(owner),
    follower: answerIn(follower),
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function numberOr(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function answerIn(value: unknown): string | null {
  const answer = fieldsOf(value);
  return typeof answer.status === 'number' ? `${answer.status} ${bodyOf(answer) ?? ''}`.trim() : null;
}

function bodyOf({ body_b64: body }: Fields): string | null {
  if (typeof body !== 'string' || body === '') return null;
  const text = Buffer.from(body.slice(0, SHOWN * 4), 'base64').toString('utf8');
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
