import { ContractDatetime } from './contract-datetime';

describe('ContractDatetime', () => {
  it.each([
    [null, '2024-01-15T10:30:00'],
    [0, '2024-01-15T10:30:00Z'],
    [120, '2024-01-15T10:30:00+02:00'],
    [-90, '2024-01-15T10:30:00-01:30'],
    [-60, '2024-01-15T10:30:00-01:00'],
    [1439, '2024-01-15T10:30:00+23:59'],
    [-1439, '2024-01-15T10:30:00-23:59'],
    [30, '2024-01-15T10:30:00+00:30'],
  ])('renders an offset of %p minutes as %s', (offset, text) => {
    expect(new ContractDatetime('2024-01-15T10:30:00', offset).toString()).toBe(text);
  });

  it('renders less than an hour west of UTC with a plus, as the old server did', () => {
    expect(new ContractDatetime('2024-01-15T10:30:00', -30).toString()).toBe('2024-01-15T10:30:00+00:30');
  });

  it.each([
    ['', '2024-01-15T10:30:00'],
    ['000', '2024-01-15T10:30:00'],
    ['5', '2024-01-15T10:30:00.500000'],
    ['000001', '2024-01-15T10:30:00.000001'],
    ['9999999', '2024-01-15T10:30:00.999999'],
    ['0000009', '2024-01-15T10:30:00'],
  ])('keeps six digits of the fraction "%s"', (fraction, text) => {
    expect(ContractDatetime.of('2024-01-15T10:30:00', fraction, null).wallClock).toBe(text);
  });
});
