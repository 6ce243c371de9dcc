// Evaluates typed trees as the server does: the same tree over the same values gives the same answer.
// The tree is what `Expr::to_browser` prints: an array is a node that begins with a word, anything else is a literal.
//
// Values: null (unknown), true and false, texts, arrays of places (sets of codes), and numbers. Dates are days since
// 1970-01-01, codes are places, decimals are scaled integers. A number is a JavaScript number while it is a safe
// integer and a BigInt beyond: sums and products that are not exact are computed again as BigInt, so none is rounded.

const DAY_MIN = -25567; // 1900-01-01
const DAY_MAX = 84005; // 2199-12-31
const MONTHS_MAX = 2147483647;

/** A number as it is kept; also takes the zero that has a sign. */
export function narrow(number) {
  if (typeof number === "bigint") {
    const small = Number(number);
    return Number.isSafeInteger(small) ? small : number;
  }
  return number + 0;
}

/** A value as JSON brought it. */
export function read(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? narrow(BigInt(value.n)) : value;
}

function exact(number, again) {
  return Number.isSafeInteger(number) ? number + 0 : narrow(again());
}

const bothSmall = (a, b) => typeof a === "number" && typeof b === "number";

function add(a, b) {
  return bothSmall(a, b) ? exact(a + b, () => BigInt(a) + BigInt(b)) : narrow(BigInt(a) + BigInt(b));
}

function subtract(a, b) {
  return bothSmall(a, b) ? exact(a - b, () => BigInt(a) - BigInt(b)) : narrow(BigInt(a) - BigInt(b));
}

function multiply(a, b) {
  return bothSmall(a, b) ? exact(a * b, () => BigInt(a) * BigInt(b)) : narrow(BigInt(a) * BigInt(b));
}

function remainder(a, b) {
  if (!b) return null;
  return bothSmall(a, b) ? (a % b) + 0 : narrow(BigInt(a) % BigInt(b));
}

/** The quotient rounded to the nearest integer, a half away from zero; unknown for a zero divisor. */
function halfAway(dividend, divisor) {
  if (!divisor) return null;
  if (!bothSmall(dividend, divisor)) return halfAwayWide(BigInt(dividend), BigInt(divisor));
  const [magnitude, unit] = [Math.abs(dividend), Math.abs(divisor)];
  const rest = magnitude % unit;
  // What is left after the rest divides without one, so the division is exact.
  const rounded = (magnitude - rest) / unit + (rest >= unit - rest ? 1 : 0);
  return dividend < 0 === divisor < 0 ? rounded : 0 - rounded;
}

function halfAwayWide(dividend, divisor) {
  const magnitude = dividend < 0n ? -dividend : dividend;
  const unit = divisor < 0n ? -divisor : divisor;
  const rest = magnitude % unit;
  const rounded = magnitude / unit + (rest >= unit - rest ? 1n : 0n);
  return narrow(dividend < 0n === divisor < 0n ? rounded : -rounded);
}

function floor(number, unit) {
  const rest = remainder(number, unit);
  return narrow(BigInt(subtract(number, rest)) / BigInt(unit) - (rest < 0 ? 1n : 0n));
}

function power(digits) {
  return narrow(10n ** BigInt(digits));
}

/** Negative, zero or positive; unknown when either is. Texts compare by code points, truth after falsehood. */
export function order(a, b) {
  if (a === null || b === null) return null;
  if (typeof a === "string") return textOrder(a, b);
  if (Array.isArray(a)) return a.length === b.length && a.every((code, at) => code === b[at]) ? 0 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function textOrder(a, b) {
  if (a === b) return 0;
  const [left, right] = [[...a], [...b]];
  for (let at = 0; at < left.length && at < right.length; at += 1) {
    const step = left[at].codePointAt(0) - right[at].codePointAt(0);
    if (step) return step;
  }
  return left.length - right.length;
}

const equal = (a, b) => {
  const found = order(a, b);
  return found === null ? null : found === 0;
};

const both = (a, b) => (a === false || b === false ? false : a === true && b === true ? true : null);

/** Year, month and day of a day number. */
export function civil(day) {
  const date = new Date(day * 86400000);
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
}

/** The day number of a day that exists; null for one that does not. Month and day count from 1. */
export function dayNumber(year, month, day) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() / 86400000 : null;
}

const withinDays = (day) => (day >= DAY_MIN && day <= DAY_MAX ? Number(day) : null);

function addMonths(from, months) {
  if (months < -MONTHS_MAX - 1 || months > MONTHS_MAX) return null;
  const [year, month, day] = civil(from);
  const count = year * 12 + month - 1 + Number(months);
  const there = Math.floor(count / 12);
  // Far outside the calendar nothing is looked up.
  if (there < 1800 || there > 2300) return null;
  const into = count - there * 12 + 1;
  const last = civil(dayNumber(into === 12 ? there + 1 : there, (into % 12) + 1, 1) - 1)[2];
  return withinDays(dayNumber(there, into, Math.min(day, last)));
}

function completedMonths(from, to) {
  // 32 exceeds every difference of days within a month: one truncating division compares months, then days.
  const key = ([year, month, day]) => (year * 12 + month) * 32 + day;
  return Math.trunc((key(civil(to)) - key(civil(from))) / 32) + 0;
}

const lower = (c) => (c >= "A" && c <= "Z" ? c.toLowerCase() : c);

/** Whether a text is like a pattern: 0 is any characters, 1 is one, a text is that one, ASCII letters in either case. */
function like(text, parts) {
  const characters = [...text];
  let [at, part, retryAt, retryPart] = [0, 0, -1, -1];
  for (;;) {
    if (parts[part] === 0) {
      part += 1;
      [retryAt, retryPart] = [at, part];
      continue;
    }
    const [has, wants] = [at < characters.length, part < parts.length];
    if (!has && !wants) return true;
    if (has && wants && (parts[part] === 1 || lower(characters[at]) === lower(parts[part]))) {
      at += 1;
      part += 1;
      continue;
    }
    if (!has || retryAt < 0) return false;
    retryAt += 1;
    if (retryAt > characters.length) return false;
    [at, part] = [retryAt, retryPart];
  }
}

const words = {
  not: (e, n) => {
    const truth = e.of(n[1]);
    return truth === null ? null : !truth;
  },
  and: (e, n) => e.all(n, true),
  or: (e, n) => e.all(n, false),
  "=": (e, n) => equal(e.of(n[1]), e.of(n[2])),
  "<>": (e, n) => {
    const same = equal(e.of(n[1]), e.of(n[2]));
    return same === null ? null : !same;
  },
  "<": (e, n) => e.compare(n, (found) => found < 0),
  "<=": (e, n) => e.compare(n, (found) => found <= 0),
  ">": (e, n) => e.compare(n, (found) => found > 0),
  ">=": (e, n) => e.compare(n, (found) => found >= 0),
  distinct: (e, n) => {
    const [a, b] = [e.of(n[1]), e.of(n[2])];
    return a === null || b === null ? a !== b : order(a, b) !== 0;
  },
  null: (e, n) => e.of(n[1]) === null,
  true: (e, n) => e.of(n[1]) === true,
  false: (e, n) => e.of(n[1]) === false,
  between: (e, n) => {
    const of = e.of(n[1]);
    if (of === null) return null;
    const [low, high] = [order(e.of(n[2]), of), order(of, e.of(n[3]))];
    return both(low === null ? null : low <= 0, high === null ? null : high <= 0);
  },
  in: (e, n) => {
    const of = e.of(n[1]);
    let unknown = false;
    for (let at = 2; at < n.length; at += 1) {
      const same = equal(of, e.of(n[at]));
      if (same) return true;
      unknown ||= same === null;
    }
    return unknown ? null : false;
  },
  like: (e, n) => {
    const text = e.of(n[1]);
    return text === null ? null : like(text, n.slice(2));
  },
  case: (e, n) => {
    let at = 1;
    for (; at + 1 < n.length; at += 2) if (e.of(n[at]) === true) return e.of(n[at + 1]);
    return at < n.length ? e.of(n[at]) : null;
  },
  coalesce: (e, n) => {
    for (let at = 1; at < n.length; at += 1) {
      const value = e.of(n[at]);
      if (value !== null) return value;
    }
    return null;
  },
  nullif: (e, n) => {
    const of = e.of(n[1]);
    return equal(of, e.of(n[2])) ? null : of;
  },
  least: (e, n) => e.extreme(n, -1),
  greatest: (e, n) => e.extreme(n, 1),
  "+": (e, n) => e.two(n, add),
  "-": (e, n) => e.two(n, subtract),
  "*": (e, n) => e.two(n, multiply),
  "%": (e, n) => e.two(n, remainder),
  "/": (e, n) =>
    e.two(n, (left, right) =>
      n[3] < 0 ? halfAway(left, multiply(right, power(-n[3]))) : halfAway(multiply(left, power(n[3])), right),
    ),
  negate: (e, n) => e.one(n, (number) => subtract(0, number)),
  abs: (e, n) => e.one(n, (number) => (number < 0 ? subtract(0, number) : number)),
  rescale: (e, n) => e.one(n, (number) => multiply(number, power(n[2]))),
  round: (e, n) => e.one(n, (number) => halfAway(number, power(n[2]))),
  floor: (e, n) => e.one(n, (number) => floor(number, power(n[2]))),
  ceil: (e, n) => e.one(n, (number) => subtract(0, floor(subtract(0, number), power(n[2])))),
  length: (e, n) => e.one(n, (text) => [...text].length),
  "||": (e, n) => {
    let all = "";
    for (let at = 1; at < n.length; at += 1) {
      const part = e.of(n[at]);
      if (part === null) return null;
      all += part;
    }
    return all;
  },
  days: (e, n) => e.two(n, (from, to) => to - from + 0),
  add_days: (e, n) => e.two(n, (day, days) => withinDays(add(day, days))),
  add_months: (e, n) => e.two(n, addMonths),
  weeks: (e, n) => e.two(n, (from, to) => Math.trunc((to - from) / 7) + 0),
  months: (e, n) => e.two(n, completedMonths),
  years: (e, n) => e.two(n, (from, to) => Math.trunc(completedMonths(from, to) / 12) + 0),
  year: (e, n) => e.one(n, (day) => civil(day)[0]),
  month: (e, n) => e.one(n, (day) => civil(day)[1]),
  day: (e, n) => e.one(n, (day) => civil(day)[2]),
  has_any: (e, n) => e.one(n, (codes) => n.slice(2).some((code) => codes.includes(code))),
  has_all: (e, n) => e.one(n, (codes) => n.slice(2).every((code) => codes.includes(code))),
  size: (e, n) => e.one(n, (codes) => codes.length),
  codes: (_, n) => n.slice(1),
  v: (e, n) => e.values[n[1]],
  m: (e, n) => e.member[n[1]],
  o: (e, n) => e.own[n[1]],
  rows: (e, n) => e.rows(n),
};

/** An evaluation over `values`, the rows of `sets`, and for expressions of a group the row `own`. */
export class Evaluation {
  constructor(values, sets = [], own = null) {
    this.values = values;
    this.sets = sets;
    this.own = own;
    this.member = null;
  }

  /** The value of a tree. */
  of(node) {
    if (Array.isArray(node)) return words[node[0]](this, node);
    return read(node);
  }

  /** Whether a condition is true: neither false nor unknown. */
  holds(node) {
    return this.of(node) === true;
  }

  one(node, made) {
    const value = this.of(node[1]);
    return value === null ? null : made(value);
  }

  two(node, made) {
    const [left, right] = [this.of(node[1]), this.of(node[2])];
    return left === null || right === null ? null : made(left, right);
  }

  compare(node, holds) {
    const found = order(this.of(node[1]), this.of(node[2]));
    return found === null ? null : holds(found);
  }

  /** Three-valued `and` (neutral true) or `or` (neutral false). */
  all(node, neutral) {
    let outcome = neutral;
    for (let at = 1; at < node.length; at += 1) {
      const truth = this.of(node[at]);
      if (truth === !neutral) return truth;
      if (truth === null) outcome = null;
    }
    return outcome;
  }

  extreme(node, wanted) {
    let best = this.of(node[1]);
    for (let at = 2; best !== null && at < node.length; at += 1) {
      const value = this.of(node[at]);
      if (value === null) return null;
      if (order(value, best) * wanted > 0) best = value;
    }
    return best;
  }

  /** `["rows", function, set, argument, filter]` over the rows of a set. */
  rows([, name, set, of, filter]) {
    const outside = this.member;
    const seen = [];
    for (const row of set === null ? [] : (this.sets[set] ?? [])) {
      this.member = row;
      if (filter === undefined || this.holds(filter)) seen.push(this.of(of));
    }
    this.member = outside;
    return aggregate(name, nothing(name), seen);
  }
}

/** What an aggregate is over no rows. */
export function nothing(name) {
  return { count: 0, different: 0, any: false, every: true }[name] ?? null;
}

/** An aggregate over more arguments, given its value over those before; `different` only over all of them. */
export function aggregate(name, before, more) {
  const known = more.filter((value) => value !== null);
  switch (name) {
    case "count":
      return before + known.length;
    case "different":
      return known.filter((value, at) => known.findIndex((other) => order(other, value) === 0) === at).length;
    case "sum":
      return known.reduce((sum, value) => (sum === null ? value : add(sum, value)), before);
    case "min":
      return known.reduce((best, value) => (best === null || order(value, best) < 0 ? value : best), before);
    case "max":
      return known.reduce((best, value) => (best === null || order(value, best) > 0 ? value : best), before);
    case "first":
      return before === null && known.length ? known[0] : before;
    case "last":
      return known.length ? known[known.length - 1] : before;
    case "any":
      return before === true || more.includes(true) ? true : more.includes(null) ? null : before;
    case "every":
      return before === false || more.includes(false) ? false : more.includes(null) ? null : before;
    default:
      throw new Error(`there is no aggregate ${name}`);
  }
}
