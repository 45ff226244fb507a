import type { Call } from './captured-requests';
import { ContractResponse, Serving } from './contract-response';

const NOTHING = Buffer.alloc(0);

/** An answer that goes to nobody's connection: its status, headers and bytes are kept. */
export class CapturedResponse extends ContractResponse {
  /** Resolves with this when it is answered, or known what the handler is to do. */
  readonly judged: Promise<CapturedResponse>;
  /** What the handler is to do, if the request came so far. */
  call: Call | undefined;
  /** Whether it is for a page or a file. */
  elsewhere = false;
  /** Whether it is answered. */
  isAnswered = false;
  status = 0;
  /** Names and values in turn, without those that node adds. */
  headers: readonly string[] = [];
  body: Buffer = NOTHING;
  private judge!: (response: this) => void;

  constructor(request: ContractResponse['req']) {
    super(request);
    // Nobody has to read it, so that it takes no room of those who do.
    this.serving = new Serving();
    this.judged = new Promise((resolve) => (this.judge = resolve));
  }

  /** The handler would be called. */
  callWith(call: Call): void {
    this.call = call;
    this.judge(this);
  }

  /** It is no request of the contract's. */
  isElsewhere(): void {
    this.elsewhere = true;
    this.judge(this);
  }

  /** The answer to a head that the old server's parser refused. */
  malformed(): void {
    this.plain(400, 'Invalid HTTP request received.');
  }

  override writeHead(status: number, ...given: unknown[]): this {
    this.status = status;
    this.headers = given.at(-1) as string[];
    return this;
  }

  override end(...given: unknown[]): this {
    const [body, encoding] = given;
    if (typeof body === 'string') this.body = Buffer.from(body, encoding === 'latin1' ? 'latin1' : 'utf8');
    else if (body instanceof Buffer) this.body = body;
    this.isAnswered = true;
    this.emit('close');
    this.judge(this);
    return this;
  }
}
