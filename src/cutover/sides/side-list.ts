import { CutoverError } from '../cutover-error';
import { listPath, type Resource } from '../traffic/resource';
import { splitRows } from '../traffic/row-splitter';
import { Side } from './side';

const CONNECT_TIMEOUT_MS = 10_000;
const CONNECTIONS = 8;

/** A list that a side answers with another status than 200, or not as JSON. */
export class ListRefusedError extends CutoverError {
  override name = 'ListRefusedError';

  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** A side that a verb reads, called by its address. @param silence milliseconds that it may be silent */
export function sideAt(url: URL, silence: number): Side<string> {
  return new Side(url.origin, url, { connections: CONNECTIONS, answer: silence, connect: CONNECT_TIMEOUT_MS });
}

/**
 * The rows of a list as they arrive, in their order and exact bytes; a reader that is slow slows the side down.
 *
 * @throws ListRefusedError, NotAListError, SideAway
 */
export async function* listRows(side: Side<string>, resource: Resource): AsyncGenerator<Buffer[]> {
  const path = listPath(resource);
  const { head, pieces } = await side.read(path);
  const { statusCode: status = 0, headers } = head;
  const type = headers['content-type'] ?? 'no content type';
  if (status !== 200 || !type.startsWith('application/json')) {
    head.destroy();
    const advice = status === 500 ? '' : ': is this the address of a waste-collection API?';
    throw new ListRefusedError(`${side.name} answers ${path} with ${status} and ${type}${advice}`, status);
  }
  yield* splitRows(pieces, `what ${side.name} answers to ${path}`);
}
