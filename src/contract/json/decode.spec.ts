import { decodeJsonBytes, UnreadableBody } from './decode';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('decodeJsonBytes', () => {
  it.each([
    ['UTF-32-BE with a mark', '0000feff 00000031', '1'],
    ['UTF-32-LE with a mark, which starts like UTF-16-LE', 'fffe0000 31000000', '1'],
    ['UTF-16-BE with a mark', 'feff 0031', '1'],
    ['UTF-16-LE with a mark', 'fffe 3100', '1'],
    ['UTF-8 with a mark', 'efbbbf 31', '1'],
    ['UTF-8 with two marks, of which one stays', 'efbbbf efbbbf 31', '\ufeff1'],
    ['UTF-16-BE', '0031 0032', '12'],
    ['UTF-32-BE', '00000031', '1'],
    ['UTF-16-LE', '3100 3200', '12'],
    ['UTF-32-LE', '31000000', '1'],
    ['UTF-16-BE in two bytes', '0031', '1'],
    ['UTF-16-LE in two bytes', '3100', '1'],
    ['UTF-8 in three bytes, also with a zero in front', '003131', '\u000011'],
    ['UTF-8 of four lengths', '61 c3a9 e282ac f09f9880', 'aé€😀'],
    ['UTF-16 pairs', 'fffe 3dd8 00de', '😀'],
    ['UTF-32 beyond the first plane', 'fffe0000 00f60100 31000000', '😀1'],
    ['only a mark', 'efbbbf', ''],
    ['nothing', '', ''],
  ])('reads %s', (_, hex, text) => {
    expect(decodeJsonBytes(bytes(hex))).toBe(text);
  });

  it.each([
    ['an encoded surrogate', '22 eda080 22', '"\ud800"'],
    ['an unpaired UTF-16 unit', 'fffe 00d8 3100', '\ud8001'],
    ['an unpaired UTF-16 unit at the end', 'fffe 00d8', '\ud800'],
    ['a surrogate in UTF-32', 'fffe0000 00d80000', '\ud800'],
  ])('lets %s through', (_, hex, text) => {
    expect(decodeJsonBytes(bytes(hex))).toBe(text);
  });

  it.each([
    ['UTF-8', 'eda0bd edb880'],
    ['UTF-32', 'fffe0000 3dd80000 00de0000'],
  ])('keeps two encoded halves in %s from becoming one character', (_, hex) => {
    expect(decodeJsonBytes(bytes(hex))).toBe('\ud83d\ufffd');
  });

  it('joins nothing across text between two halves', () => {
    expect(decodeJsonBytes(bytes('eda0bd 61 edb880'))).toBe('\ud83da\ude00');
  });

  it.each([
    ['a stray byte', 'ff'],
    ['an overlong form', 'c080'],
    ['a cut sequence', '22 e282'],
    ['a sequence cut by a surrogate', 'e282 eda080'],
    ['a character beyond U+10FFFF', 'f4908080'],
    ['a cut UTF-16 unit', 'fffe 3100 31'],
    ['a cut UTF-16-BE unit', 'feff 0031 00'],
    ['a cut UTF-32 unit', '0000feff 000000'],
    ['UTF-32 beyond U+10FFFF', 'fffe0000 00001100'],
  ])('refuses %s', (_, hex) => {
    expect(() => decodeJsonBytes(bytes(hex))).toThrow(UnreadableBody);
  });

  it('reads a view into a larger buffer and leaves the bytes as they were', () => {
    const whole = bytes('ffff feff 0031 ffff');
    expect(decodeJsonBytes(whole.subarray(2, 6))).toBe('1');
    expect(whole.toString('hex')).toBe('fffffeff0031ffff');
  });
});
