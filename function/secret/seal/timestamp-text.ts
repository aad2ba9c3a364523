/** Of go-yaml 3 (resolve.go, allowedTimestampFormats): with a zone after `T`, without one after a space, or a date. */
const FORM =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt](\d\d?):(\d\d?):(\d\d?)(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)| (\d\d?):(\d\d?):(\d\d?)(?:[.,](\d+))?)?$/;

/** An unquoted time as sops counts it for the MAC, RFC 3339; undefined when the text is none, and so stays text. */
export function timestampText(source: string): string | undefined {
  const match = FORM.exec(source);
  if (match === null) return undefined;
  const [, year = '', month = '', day = ''] = match;
  const [hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] =
    match[4] === undefined ? match.slice(9, 13) : match.slice(4, 9);
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  if (!isTime || !isDate(Number(year), Number(month), Number(day))) return undefined;
  const clock = [hour, minute, second].map(twoDigits).join(':');
  const digits = fraction.slice(0, 9).replace(/0+$/, '');
  const offset = /^[-+]00:00$/.test(zone) ? 'Z' : zone;
  return `${year}-${twoDigits(month)}-${twoDigits(day)}T${clock}${digits === '' ? '' : `.${digits}`}${offset}`;
}

function twoDigits(number: string): string {
  return number.padStart(2, '0');
}

function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day); // years below 100 are years of the first century
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
