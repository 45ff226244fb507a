import { pointOf } from '../../../divergences';
import type { ReviewedRule } from './reviewed-rule';
import { bodyWithErrors, inputOf, validationErrors } from './validation-errors';

/** The bounds of the point: characters that all errors together may repeat, and what is short enough even so. */
const LONGEST = 1 << 20;
const SHORT = 1000;

/** The refusal that the old side gave, but for long values that it repeats; without them it must be the same bytes. */
export const REPEATED_INPUT_RULE: ReviewedRule = {
  name: 'repeated-input',
  point: pointOf('repeated-input'),
  sentence:
    'The new side answers null in place of long values where a 422 would repeat more than a million characters.',
  explains: ({ blue, green, differences }) => {
    if (blue.status !== 422 || green.status !== 422 || blue.body.length <= LONGEST) return false;
    if (differences.some(({ aspect }) => aspect === 'header')) return false;
    const errors = validationErrors(blue.body.toString('utf8'));
    const inputs = errors?.map((error) => inputOf(error));
    if (errors === undefined || inputs === undefined) return false;
    const length = inputs.reduce((sum, input) => sum + (input?.text.length ?? 0), 0);
    if (length <= LONGEST) return false;
    const shortened = errors.map((error, index) => {
      const input = inputs[index];
      if (input === undefined || input.text.length <= SHORT) return error;
      return `${error.slice(0, input.at)}null${error.slice(input.at + input.text.length)}`;
    });
    return green.body.equals(Buffer.from(bodyWithErrors(shortened), 'utf8'));
  },
};
