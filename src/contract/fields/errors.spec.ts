import { renderErrors } from './errors';
import { invalidJson, MISSING, NOT_A_STRING, notInEnum, UNANSWERABLE_NUMBER, unreadableDatetime } from './problem';

const url = (type: string) => `"url":"https://errors.pydantic.dev/2.5/v/${type}"`;

describe('renderErrors', () => {
  it('writes the keys in the order of the contract', () => {
    expect(renderErrors([unreadableDatetime('input is too short').at(['body', 'day'], 'x')])).toBe(
      '{"detail":[{"type":"datetime_parsing","loc":["body","day"],"msg":"Input should be a valid datetime, input is too short",' +
        `"input":"x","ctx":{"error":"input is too short"},${url('datetime_parsing')}}]}`,
    );
  });

  it('writes a position in the text as an integer, without a link', () => {
    expect(renderErrors([invalidJson('Invalid \\escape').at(['body', 3], new Map())])).toBe(
      '{"detail":[{"type":"json_invalid","loc":["body",3],"msg":"JSON decode error","input":{},"ctx":{"error":"Invalid \\\\escape"}}]}',
    );
  });

  it.each([
    [['a'], "'a'"],
    [['a', 'b'], "'a' or 'b'"],
    [['a', 'b', 'c'], "'a', 'b' or 'c'"],
  ])('lists the values %j as %s', (values, list) => {
    expect(renderErrors([notInEnum(values).at(['body', 'kind'], 'x')])).toBe(
      `{"detail":[{"type":"enum","loc":["body","kind"],"msg":"Input should be ${list}","input":"x","ctx":{"expected":"${list}"}}]}`,
    );
  });

  it('echoes values as they were read, non-finite numbers as null', () => {
    const input = new Map([['a', [1n, 1, NaN, '\ud800']]]);
    expect(renderErrors([NOT_A_STRING.at(['body', 'name'], input)])).toContain('"input":{"a":[1,1.0,null,"\ufffd"]}');
  });

  it('echoes the same value in every item', () => {
    const body = new Map([['a', 1n]]);
    const items = ['x', 'y'].map((name) => MISSING.at(['body', name], body));
    const item = (name: string) =>
      `{"type":"missing","loc":["body","${name}"],"msg":"Field required","input":{"a":1},${url('missing')}}`;
    expect(renderErrors(items)).toBe(`{"detail":[${item('x')},${item('y')}]}`);
  });

  it('keeps a refusal the old server did not make to itself when there are others', () => {
    const added = UNANSWERABLE_NUMBER.at(['body', 'size'], 'nan');
    const firm = MISSING.at(['body', 'name'], null);
    expect(renderErrors([added, firm])).toBe(renderErrors([firm]));
    expect(renderErrors([added])).toBe(
      `{"detail":[{"type":"finite_number","loc":["body","size"],"msg":"Input should be a finite number","input":"nan",${url('finite_number')}}]}`,
    );
  });
});
