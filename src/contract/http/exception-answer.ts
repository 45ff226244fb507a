import type { HttpException } from '@nestjs/common';
import { writeJson, type PlainValue } from '../json/writer';

/** What an HttpException is answered with, in the old API's form: its body if that has a `detail`, else its message. */
export function detailOf(error: HttpException): PlainValue {
  const answer = error.getResponse();
  const inOldForm = typeof answer === 'object' && 'detail' in answer;
  return (inOldForm ? answer : { detail: error.message }) as PlainValue;
}

/** The same as status and JSON. */
export function answerOf(error: HttpException): { readonly status: number; readonly body: string } {
  return { status: error.getStatus(), body: writeJson(detailOf(error)) };
}
