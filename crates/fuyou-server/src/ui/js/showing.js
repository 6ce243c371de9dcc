// Values and consequences in the reader's words, as the server renders them.
import { civil } from "./expression.js";
import { printNumber, scaleOf } from "./reading.js";

const WEEKS_FROM_DAYS = 28;

/** An element with a class and a text. */
export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** A shape of the page's set, before the words that say the same. */
function shape(name) {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("class", "shape");
  made.setAttribute("aria-hidden", "true");
  made.append(document.createElementNS(SVG, "use"));
  made.firstChild.setAttribute("href", `#s-${name}`);
  return made;
}

/** An element that begins with a shape. */
export function shaped(tag, className, name, text) {
  const made = element(tag, className, text);
  made.prepend(shape(name));
  return made;
}

function printDays(days, words) {
  if (days < WEEKS_FROM_DAYS) return words.days.replace("{days}", days);
  return words.weeks.replace("{weeks}", Math.trunc(days / 7)).replace("{days}", days % 7);
}

/** A day with its year, as people say it. */
function printDate(day, words) {
  const [year, month, date] = civil(day);
  return words.date.replace("{year}", year).replace("{month}", words.months[month - 1]).replace("{day}", date);
}

/** A computed value; empty when it is unknown. */
export function printValue(field, value, words) {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? words.yes : words.no;
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.length ? value.map((code) => field.titles[code]).join(words.and) : words.none;
  if (field.kind === "code") return field.titles[value];
  if (field.kind === "date") return printDate(value, words);
  if (field.unit === "d") return printDays(value, words);
  if (field.unit === "days") return words.days.replace("{days}", value);
  const number = printNumber(value, scaleOf(field.kind));
  return field.unit ? `${number} ${field.unit}` : number;
}

/** What saving would lead to: badges, points and reasons. */
export function consequence(found, plan, words) {
  const row = element("p", "row risks", "");
  const badge = (colour, title) => row.append(shaped("span", `badge risk ${colour}`, colour, title), " ");
  if (plan.levels) {
    if (found.level === null) badge("unknown", words.notAssessed);
    else badge(...plan.levels[found.level]);
    for (const mark of found.marks) badge(...plan.marks[mark]);
    found.scores.forEach((points, at) => {
      if (points > 0) row.append(element("span", "soft number", `${plan.scores[at]} ${points}`), " ");
    });
  }
  const reasons = element("ul", "why", "");
  for (const { title, alert, colour } of found.why) {
    const line = element("li", colour, title);
    if (alert !== undefined) line.append(" ", shaped("strong", "alert", "alert", alert));
    reasons.append(line);
  }
  return [element("p", "label", words.wouldBe), row, reasons];
}
