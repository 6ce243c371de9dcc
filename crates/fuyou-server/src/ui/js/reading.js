// Reads what a person typed as the server reads it: forgiving about width, spaces and date styles, exact about meaning.
import { dayNumber, civil, narrow } from "./expression.js";

const CHARACTERS_MAX = 10000;
const DAY_MIN = -25567; // 1900-01-01
const DAY_MAX = 84005; // 2199-12-31
const WHOLE_MAX = 2n ** 63n - 1n;

/** Thrown for what only the server can read. */
export class AskServer extends Error {}

/** Full-width forms of ASCII as ASCII. */
export function halfWidth(text) {
  return text.replace(/[\uff01-\uff5e\u3000−–。]/g, (c) => {
    if (c === "\u3000") return " ";
    if (c === "−" || c === "–") return "-";
    if (c === "。") return ".";
    return String.fromCharCode(c.charCodeAt(0) - 0xfee0);
  });
}

const bad = (message, text) => ({ value: null, bad: (message ?? "").replace("{text}", () => text) });
const good = (value) => ({ value, bad: null });

/** A whole number of plain digits within 64 bits, or null. */
function whole(text) {
  if (!/^-?[0-9]+$/.test(text)) return null;
  const number = BigInt(text);
  return number > WHOLE_MAX || number < -WHOLE_MAX - 1n ? null : number;
}

const digits = (text, max) => (/^[0-9]+$/.test(text) && Number(text) <= max ? Number(text) : null);

function weeksAndDays(text) {
  const plain = text.replace(/\s/g, "").toLowerCase().replaceAll("周", "w").replaceAll("天", "d").replaceAll("w+", "w");
  const at = plain.search(/[w+]/);
  if (at < 0) return null;
  const rest = plain.slice(at + 1).replace(/d$/, "");
  const weeks = digits(plain.slice(0, at), 5000);
  const days = rest === "" ? 0 : digits(rest, 6);
  return weeks === null || days === null ? null : weeks * 7 + days;
}

function readInteger(text, messages, inWeeks) {
  const days = inWeeks ? weeksAndDays(text) : null;
  if (days !== null) return good(days);
  const number = whole(text.replace(/^\+/, ""));
  if (number !== null) return good(narrow(number));
  // A number, but with decimals.
  return bad(parts(text.replace(/^\+/, ""))?.part ? messages[1] : messages[0], text);
}

/** The digits of a plain decimal number as a whole number, and those after the point. */
function parts(text) {
  const found = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  const part = found?.[3] ?? "";
  const scaled = found && part.length <= 18 ? whole(found[1] + found[2] + part) : null;
  return scaled === null ? null : { scaled, part };
}

function readDecimal(given, messages, scale) {
  const text = given.replace(/^\+/, "");
  const plain = text.includes(".") ? text.replace(/0+$/, "").replace(/\.+$/, "") : text;
  const found = parts(plain);
  if (found === null) return bad(messages[0], text);
  const { scaled, part } = found;
  if (part.length > scale) return bad(messages[1], text);
  const number = scaled * 10n ** BigInt(scale - part.length);
  return number > WHOLE_MAX || number < -WHOLE_MAX - 1n ? bad(messages[0], text) : good(narrow(number));
}

function readDate(text, messages) {
  const plain = text.replace(/\s/g, "").replace(/[日号]+$/, "").replace(/[年月/.]/g, "-");
  const parts = plain.split("-");
  let named = parts.length === 3 && parts[0].length === 4 ? parts : null;
  if (parts.length === 1 && /^[\x00-\x7f]{8}$/.test(plain)) named = [plain.slice(0, 4), plain.slice(4, 6), plain.slice(6)];
  const [year, month, day] = named ? [digits(named[0], 9999), digits(named[1], 127), digits(named[2], 127)] : [null, null, null];
  if (year === null || month === null || day === null) return bad(messages[0], text);
  const number = month >= 1 && month <= 12 && day >= 1 ? dayNumber(year, month, day) : null;
  if (number === null) return bad(messages[1], text);
  return number < DAY_MIN || number > DAY_MAX ? bad(messages[2], text) : good(number);
}

function readTime(text, messages) {
  const plain = text.replace(/[点时]/g, ":").replaceAll("分", "");
  const at = plain.indexOf(":");
  let [hour, minute] = [plain, "?"];
  if (at >= 0) [hour, minute] = [plain.slice(0, at), plain.slice(at + 1) || "0"];
  else if (/^[\x00-\x7f]{4}$/.test(plain)) [hour, minute] = [plain.slice(0, 2), plain.slice(2)];
  const [h, m] = [digits(hour, 23), digits(minute, 59)];
  if (h === null || m === null) return bad(messages[0], text);
  return good(`${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`);
}

function readText(text, messages) {
  // Only a long text needs its characters counted.
  if (text.length > CHARACTERS_MAX && [...text].length > CHARACTERS_MAX) return bad(messages[0], text);
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/.test(text)) return bad(messages[1], text);
  return good(text);
}

const yes = new Set(["true", "yes", "y", "t", "1", "是", "有", "√", "on"]);
const no = new Set(["false", "no", "n", "f", "0", "否", "无", "×", "off"]);

function codeOf(field, text) {
  field.places ??= new Map(field.codes.split("|").map((code, at) => [code, at]));
  return field.places.get(text);
}

function readCodes(field, text) {
  const one = codeOf(field, text);
  if (one !== undefined) return good([one]);
  const places = text.split(/[,;、|]/).map((part) => part.trim()).filter((part) => part !== "").map((part) => codeOf(field, part));
  if (places.includes(undefined)) throw new AskServer("a code in words");
  return good([...new Set(places)].sort((a, b) => a - b));
}

/** The value of a field of the sheet, or what is said of a text that is none. Blank text is unknown. */
export function readTyped(field, typed, texts) {
  const own = typed.trim();
  if (own === "") return good(null);
  const plain = halfWidth(own);
  const messages = texts[field.kind] ?? [];
  switch (field.kind) {
    case "text":
      return readText(own, messages);
    case "organization":
    case "staff":
      return readText(plain, messages);
    case "boolean": {
      const word = plain.toLowerCase();
      if (yes.has(word)) return good(true);
      return no.has(word) ? good(false) : bad(messages[0], plain);
    }
    case "integer":
      return readInteger(plain, messages, false);
    case "days":
      return readInteger(plain, messages, true);
    case "date":
      return readDate(plain, messages);
    case "time":
      return readTime(plain, messages);
    case "code": {
      const place = codeOf(field, plain);
      if (place === undefined) throw new AskServer("a code in words");
      return good(place);
    }
    case "codes":
      return readCodes(field, plain);
    default:
      return readDecimal(plain, messages, scaleOf(field.kind));
  }
}

/** Decimals of a kind of field. */
export function scaleOf(kind) {
  return kind.startsWith("decimal") ? Number(kind.slice(7)) : 0;
}

/** A day as it is printed. */
export function printDay(day) {
  const [year, month, date] = civil(day);
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(date).padStart(2, "0")}`;
}

/** A scaled number as it is printed. */
export function printNumber(number, scale) {
  const text = String(number < 0 ? -number : number).padStart(scale + 1, "0");
  const sign = number < 0 ? "-" : "";
  return scale ? `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}` : sign + text;
}
