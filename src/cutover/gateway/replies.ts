import type { Reply } from '../order/reply';
import { answerLost, rowAnswer, unavailable } from '../traffic/own-answers';
import type { RawAnswer } from '../traffic/raw-message';

/** What a client is answered, from what the order tells of its write. */
export function answerTo(reply: Reply): RawAnswer {
  switch (reply.kind) {
    case 'answer':
      return reply.answer;
    case 'refused':
      return unavailable(reply.why);
    case 'unknown':
      return answerLost('unknown');
    case 'settled':
      if (!reply.applied) return answerLost('absent');
      return reply.row === undefined ? answerLost('applied') : rowAnswer(reply.row);
  }
}
