import { pointOf } from '../../../divergences';
import { isCrash, type DifferingPair, type ReviewedRule } from './reviewed-rule';
import { bodyWithErrors, validationErrors } from './validation-errors';

interface Refusal extends Omit<ReviewedRule, 'explains'> {
  /** How an error of this kind begins in the list of a 422. */
  error: RegExp;
  /** Whether the old side accepts what is refused, and only then crashes because it cannot write it out. */
  crashes: boolean;
}

const REFUSALS: readonly Refusal[] = [
  {
    name: 'non-finite-quantity',
    point: pointOf('non-finite-number'),
    sentence: 'The new side refuses numbers that are not finite; the old one stores them and then answers 500.',
    error: /^\{"type":"finite_number","loc":\["body","(?:quantity|latitude|longitude)"\],/,
    crashes: true,
  },
  {
    name: 'half-surrogate',
    point: pointOf('half-surrogate'),
    sentence: 'The new side refuses half a surrogate pair in a text; the old one stores it and then answers 500.',
    error: /^\{"type":"string_unicode","loc":\["body","(?:location|name|address|zone)"\],/,
    crashes: true,
  },
  {
    name: 'enum-refusal',
    point: pointOf('enumerations'),
    sentence:
      'The new side takes only the known words for waste_type, unit and status; the deployed old one any string.',
    error: /^\{"type":"enum","loc":\["body","(?:waste_type|unit|status)"\],/,
    crashes: false,
  },
];

/**
 * The refusals that the old side does not know. Each explains a 422 whose list, without the errors of these kinds, is
 * byte for byte what the old side answered; or which is empty without them where the old side accepted the request.
 */
export const REFUSAL_RULES: readonly ReviewedRule[] = REFUSALS.map(({ error, crashes: _, ...rule }) => ({
  ...rule,
  explains: (pair) => explainsRefusal(pair, error),
}));

function explainsRefusal(pair: DifferingPair, error: RegExp): boolean {
  const { blue, green, request } = pair;
  if (green.status !== 422 || !['POST', 'PUT'].includes(request.method)) return false;
  const errors = validationErrors(green.body.toString('latin1'));
  if (errors?.some((text) => error.test(text)) !== true) return false;
  const kinds = REFUSALS.filter((refusal) => errors.some((text) => refusal.error.test(text)));
  const others = errors.filter((text) => !kinds.some((refusal) => refusal.error.test(text)));
  if (others.length > 0) {
    return blue.status === 422 && blue.body.toString('latin1') === bodyWithErrors(others) && hasEqualHeaders(pair);
  }
  // A PUT to an id that does not exist is found out only after the validation.
  if (blue.status === 404) return request.method === 'PUT' && hasEqualHeaders(pair);
  return kinds.some(({ crashes }) => crashes) ? isCrash(pair) : blue.status === 200 && hasEqualHeaders(pair);
}

function hasEqualHeaders({ differences }: DifferingPair): boolean {
  return differences.every(({ aspect }) => aspect !== 'header');
}
