/** One thing that a client does on its connection. Text is sent a character a byte. */
export type Step =
  /** Sends the text so many times, as fast as the server takes it; gives up when nothing is taken for `patience` ms. */
  | { readonly do: 'send'; readonly text: string; readonly times?: number; readonly patience?: number }
  /** Sends the text in pieces of so many bytes, with a pause of `gap` milliseconds after each. */
  | { readonly do: 'drip'; readonly text: string; readonly bytes: number; readonly gap: number }
  /** Does nothing for so many milliseconds. */
  | { readonly do: 'wait'; readonly ms: number }
  /** Waits until something has come back, but no longer than `ms`. */
  | { readonly do: 'await-bytes'; readonly ms: number }
  /** Waits until every expected answer has come. */
  | { readonly do: 'await-answers' }
  /** Takes nothing more from the socket, or takes from it again. */
  | { readonly do: 'pause' | 'resume' }
  /** Shuts down the sending half. */
  | { readonly do: 'half-close' }
  /** Ends the connection with a reset. */
  | { readonly do: 'reset' }
  /** Ends the connection as programs do: FIN, or a reset where bytes lie unread. */
  | { readonly do: 'close' }
  /** Leaves it to the server to end the connection, which it must do within its stated time-outs. */
  | { readonly do: 'await-end' };

/** What a well-formed request is to be answered. */
export interface Expected {
  /** The request's line, to show. */
  readonly line: string;
  readonly statuses: readonly number[];
  /** Text that no answer but this one holds, so that answers out of order are noticed. */
  readonly holds?: string;
  /** The answer to HEAD has no body, whatever its length says. */
  readonly headOnly?: boolean;
}

/** A moment; seconds, most of which are spent waiting; or so much work that a few at once keep a server busy. */
export type Pace = 'quick' | 'waiting' | 'heavy';

/** What one connection does: a pure function of the seed and the number. */
export interface Script {
  readonly number: number;
  readonly family: string;
  readonly steps: readonly Step[];
  /** Each request's answer in order, if the script is well-formed and reads to the end. */
  readonly expected?: readonly Expected[];
  /** How long it takes, and what it costs the server. */
  readonly pace: Pace;
}

const SHOWN = 300;

/** A step as one line, with long texts cut short. */
function stepText(step: Step): string {
  const { do: what, ...rest } = step;
  const parts = Object.entries(rest).map(([name, value]) => {
    if (typeof value !== 'string') return `${name} ${String(value)}`;
    const shown = JSON.stringify(value.slice(0, SHOWN));
    return value.length > SHOWN ? `${shown} … ${value.length} bytes` : shown;
  });
  return [what, ...parts].join(' ');
}

/** A script as lines, the first of which says its number and kind. */
export function scriptText(script: Script): string {
  return [`connection ${script.number} (${script.family})`, ...script.steps.map((step) => `  ${stepText(step)}`)].join(
    '\n',
  );
}
