// What a record would lead to: takes the facts and rules that it can change one record further, in the browser.
import { Evaluation, aggregate, nothing, order } from "./expression.js";
import { AskServer } from "./reading.js";

const differ = (a, b) => (a === null || b === null ? a !== b : order(a, b) !== 0);

/**
 * Level, marks, scores and reasons once a checked form is recorded; thrown `AskServer` when earlier records would have
 * to be looked at again.
 */
export function outlook(desk) {
  const { sheet, standing } = desk;
  const plan = sheet.outlook;
  if (!plan) throw new AskServer("the server looks at the rules");
  if (standing.last !== null && desk.on < standing.last) throw new AskServer("a record before others");
  const values = [...desk.outer];
  for (const [after, before] of plan.before) values[after] = values[before];
  const ranks = new Map(standing.since);
  plan.rules.forEach((rule, at) => (values[rule.at] = ranks.has(at)));
  const over = new Evaluation(values, desk.groups);
  const off = new Set(standing.off);
  const counting = () => [
    ...standing.hits.filter((hit) => !isReplaced(hit)),
    ...plan.rules.filter((rule, at) => values[rule.at] && !off.has(at) && !isReplaced(rule)),
  ];
  const isReplaced = (hit) => hit.by?.some((place) => values[place]) ?? false;
  const risk = { level: null, marks: [], scores: [] };
  for (const step of plan.steps) {
    if (step[0] === "=") values[step[1]] = over.of(step[2]);
    else if (step[0] === "?") values[step[1]] = over.holds(step[2]);
    else if (step[0] === "+") values[step[1]] = further(desk, over, step);
    else if (step[0] === "*") values[step[1]] = whole(standing, over, step);
    else grade(plan, standing, over, counting(), risk);
  }
  return { ...risk, scores: plan.scored ? risk.scores : [], why: why(plan, counting(), ranks), partial: plan.partial };
}

function unlessFragile(over, fragile) {
  if (fragile.some(([after, was]) => differ(over.values[after], over.values[was]))) {
    throw new AskServer("an earlier record looks different now");
  }
}

/** The arguments of the rows that pass the filter. */
function passing(over, rows, of, filter) {
  const seen = [];
  for (const row of rows) {
    over.member = row;
    if (over.holds(filter)) seen.push(over.of(of));
  }
  over.member = null;
  return seen;
}

/** An aggregate with what this record adds to it. */
function further(desk, over, [, , before, name, rows, of, filter, fragile]) {
  unlessFragile(over, fragile);
  const added = rows === true ? [null] : rows === false ? [] : desk.groups[rows];
  const seen = passing(over, added, of, filter);
  const earlier = over.values[before];
  if (name !== "different") return aggregate(name, earlier, seen);
  if (seen.every((value) => value === null)) return earlier;
  if (earlier !== 0) throw new AskServer("different values are counted over all rows");
  return aggregate(name, earlier, seen);
}

/** An aggregate over the earlier records and this one. */
function whole(standing, over, [, , name, own, of, filter, fragile]) {
  unlessFragile(over, fragile);
  const rows = [...standing.earlier, own.map((tree) => over.of(tree))];
  return aggregate(name, nothing(name), passing(over, rows, of, filter));
}

/** Level, marks and scores of the rules that count; written where later rules read them. */
function grade(plan, standing, over, counting, risk) {
  risk.level = counting.reduce((level, rule) => (rule.level === undefined || rule.level <= level ? level : rule.level), -1);
  risk.marks = [...new Set(counting.flatMap((rule) => rule.mark ?? []))].sort((a, b) => a - b);
  risk.scores = plan.scores.map((_, at) =>
    counting.flatMap((rule) => rule.points ?? []).reduce((sum, [score, points]) => (score === at ? sum + points : sum), 0),
  );
  if (risk.level < 0) {
    const assessed = plan.assessed === undefined ? standing.assessed : over.holds(plan.assessed);
    risk.level = plan.levels && assessed ? 0 : null;
  }
  const found = plan.levels ? [risk.level, risk.marks, ...risk.scores] : risk.scores;
  plan.put.forEach((place, at) => {
    if (place !== null) over.values[place] = found[at];
  });
}

/** The rules that are shown as reasons, the gravest first, alike ones once. */
function why(plan, counting, ranks) {
  const newest = 1e9;
  const rank = (rule) => rule.rank ?? ranks.get(plan.rules.indexOf(rule)) ?? newest + plan.rules.indexOf(rule);
  const told = counting.filter((rule) => rule.level > 0 || rule.mark !== undefined || rule.alert !== undefined);
  told.sort(
    (a, b) =>
      (a.alert === undefined) - (b.alert === undefined) || (b.level ?? -1) - (a.level ?? -1) || rank(a) - rank(b),
  );
  const found = [];
  for (const { title, alert, colour } of told) {
    if (!found.some((known) => known.title === title && known.alert === alert)) {
      found.push({ title, alert, colour: colour ?? "alert" });
    }
  }
  return found;
}
