import type { EventLevel, Told } from './event';

type Sentence = readonly [level: EventLevel, msg: string];

/** The sentence of an event, and how grave it is: `error` where a person must act, `warn` where one should look. */
export function sentenceOf(told: Told): Sentence {
  switch (told.event) {
    case 'start':
      return [
        'info',
        `Started in phase ${told.phase}: ${told.owner} owns the writes, the latest place is ${told.place}`,
      ];
    case 'stop':
      return [
        'info',
        told.step === 'begun'
          ? `${told.reason}: finishing what is under way`
          : `Stopped in phase ${told.phase} at place ${told.place}`,
      ];
    case 'phase':
    case 'automatic-return':
      return step(told);
    case 'import':
      return told.result === 'done'
        ? ['info', `Green has a copy of blue as it was at place ${told.place ?? 0}`]
        : ['warn', `An import ${told.result === 'refused' ? 'was refused' : 'failed'}: ${told.reason ?? ''}`];
    case 'mark':
      return mark(told);
    case 'action':
      return told.result === 'done'
        ? ['info', `The operator asked for ${told.action}`]
        : ['warn', `${told.action} was ${told.result}: ${told.reason ?? ''}`];
    case 'follower':
      return follower(told);
    case 'evidence':
      return [
        'error',
        `${told.count === 1 ? 'There is 1 piece' : `There are ${told.count} pieces`} of evidence in ${told.file}` +
          (told.explanation === null ? '' : `, the latest: ${told.explanation}`),
      ];
    case 'gate':
      return [
        told.to === 'fail' ? 'warn' : 'info',
        `Gate ${told.gate} of phase ${told.phase}: ${told.to}${told.from === null ? '' : ` (was ${told.from})`}: ${told.reason}`,
      ];
  }
}

function step(told: Extract<Told, { event: 'phase' | 'automatic-return' }>): Sentence {
  const { from, to, percent, result, reason } = told;
  const share = percent === null ? '' : ` ${percent} %`;
  if (told.event === 'automatic-return') {
    return result === 'done'
      ? ['error', `From ${from} back to ${to}: ${reason ?? ''}`]
      : ['error', `From ${from} back to ${to} is not possible yet: ${reason ?? ''}`];
  }
  if (result !== 'done') return ['warn', `From ${from} to ${to}${share} was ${result}: ${reason ?? ''}`];
  return ['info', from === to ? `Phase ${to}${share} is counted anew` : `From ${from} to ${to}${share}`];
}

function mark({ action, purpose, result, place, reason }: Extract<Told, { event: 'mark' }>): Sentence {
  const what = `A mark for ${purpose}`;
  if (action === 'expire')
    return ['warn', `${what} expired at place ${place ?? 0}: writes go on, and the copy is void`];
  if (result !== 'done') return ['warn', `${what}: ${action} was ${result}: ${reason ?? ''}`];
  if (action === 'begin') return ['info', `${what} holds writes back at place ${place ?? 0}`];
  return ['info', `${what}: ${action}`];
}

function follower({ side, state, reason, behind, seconds }: Extract<Told, { event: 'follower' }>): Sentence {
  const because = reason === null ? '' : `: ${reason}`;
  const lasted = seconds === null ? '' : ` after ${seconds} s`;
  switch (state) {
    case 'away':
      return ['warn', `${side} is away${because}; its writes wait`];
    case 'back':
      return ['info', `${side} is back${lasted}, ${behind} writes behind`];
    case 'level':
      return ['info', `${side} is level${lasted}`];
    case 'rebuilding':
      return ['warn', `${side} is being rebuilt from the owner's rows${because}`];
    case 'halted':
      return ['error', `${side} is not fed any more${because}`];
    case 'dropped':
      return ['error', `${side} fell too far behind, and its writes are not kept any more${because}`];
  }
}
