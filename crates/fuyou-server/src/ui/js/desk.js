// Checks a form while it is typed, as the server does when it is sent: computes, hides and empties until nothing
// changes, then says what stands against it. The sheet holds the form's expressions, the standing the earlier values.
import { Evaluation, read } from "./expression.js";
import { printDay, printNumber, readTyped, scaleOf } from "./reading.js";

const PASSES_MAX = 8;
// What the language relies on for numbers without a range of their own.
const STORED_MAX = 1000000000000;

const text = (value) => JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `${one}n` : one));

/** One typed form. `typed` gives the text of a name: `occurred_on`, `f.FIELD`, `g.GROUP.ROW.FIELD`, `n.GROUP`. */
export class Desk {
  constructor(sheet, standing, typed) {
    this.sheet = sheet;
    this.standing = standing;
    this.findings = [];
    this.unreadable = [];
    this.outer = new Array(sheet.size).fill(null);
    sheet.given.forEach((place, at) => (this.outer[place] = read(standing.given[at])));
    this.outer[sheet.today] = standing.today;
    this.on = this.readPlace({ kind: "date" }, typed("occurred_on"), ["on"]);
    this.outer[sheet.on] = this.on;
    this.values = sheet.fields.map((field, at) =>
      field && !field.is ? this.readPlace(field, typed(`f.${field.id}`), ["field", at]) : null,
    );
    this.groups = sheet.groups.map((group, at) => {
      const count = Math.min(Number(typed(`n.${group.id}`)) || 0, group.max);
      return Array.from({ length: count }, (_, row) =>
        group.fields.map((field, column) =>
          field && !field.is
            ? this.readPlace(field, typed(`g.${group.id}.${row}.${field.id}`), ["cell", at, row, column])
            : null,
        ),
      );
    });
    this.shown = sheet.fields.map(() => true);
    this.shownGroups = sheet.groups.map(() => true);
    this.settle();
    this.judge();
  }

  readPlace(field, typed, at) {
    const { value, bad } = readTyped(field, typed ?? "", this.sheet.texts);
    if (bad !== null) this.unreadable.push({ at: [at], kind: "type", refuse: true, message: bad });
    return value;
  }

  over(own = null) {
    return new Evaluation(this.outer, this.groups, own);
  }

  settle() {
    for (let pass = 0; pass < PASSES_MAX; pass += 1) {
      const before = text([this.values, this.groups, this.shown, this.shownGroups]);
      this.pass();
      if (before === text([this.values, this.groups, this.shown, this.shownGroups])) break;
    }
  }

  pass() {
    const { sheet } = this;
    this.refresh();
    for (const at of sheet.order) {
      if (!sheet.fields[at]) continue;
      this.values[at] = this.over().of(sheet.fields[at].is);
      this.outer[at] = this.values[at];
    }
    this.refresh();
    const sections = sheet.sections.map((show) => this.over().holds(show));
    const isShown = (part) =>
      (part.section === undefined || sections[part.section]) && (part.show === undefined || this.over().holds(part.show));
    sheet.fields.forEach((field, at) => {
      this.shown[at] = field !== null && isShown(field);
      if (!this.shown[at]) this.values[at] = null;
    });
    sheet.groups.forEach((group, at) => {
      this.shownGroups[at] = isShown(group);
      if (!this.shownGroups[at]) this.groups[at].length = 0;
      this.groups[at].forEach((row) => this.settleRow(group, row));
    });
    this.refresh();
  }

  settleRow(group, row) {
    for (const at of group.order) if (group.fields[at]) row[at] = this.over(row).of(group.fields[at].is);
    group.fields.forEach((field, at) => {
      if (!this.isCellShown(field, row)) row[at] = null;
    });
  }

  isCellShown(field, row) {
    return field !== null && (field.show === undefined || this.over(row).holds(field.show));
  }

  /** Brings what expressions see up to what is typed. */
  refresh() {
    this.values.forEach((value, at) => (this.outer[at] = value));
    for (const [place, tree] of this.sheet.derived) this.outer[place] = this.over().of(tree);
  }

  isRequired(field, own = null) {
    return field.need === true || (field.need !== undefined && this.over(own).holds(field.need));
  }

  /** Which fields must be filled. */
  required() {
    return this.sheet.fields.map((field, at) => field !== null && this.shown[at] && this.isRequired(field));
  }

  /** What a field of a row is at the moment. */
  cell(group, row, column) {
    const field = this.sheet.groups[group].fields[column];
    const own = this.groups[group][row];
    if (!this.isCellShown(field, own)) return "hidden";
    return this.isRequired(field, own) ? "required" : "optional";
  }

  /** Says what stands against the form; what is merely missing is not said while somebody types. */
  judge() {
    const { sheet } = this;
    this.judgeDay();
    sheet.fields.forEach((field, at) => {
      if (this.shown[at]) this.judgeField(field, this.values[at], ["field", at], this.over());
    });
    sheet.groups.forEach((group, at) => {
      const rows = this.groups[at];
      if (!this.shownGroups[at]) return;
      if (rows.length < group.min || rows.length > group.max) {
        this.find([["group", at]], "rows", true, group.rows.replace("{count}", rows.length));
      }
      rows.forEach((own, row) => {
        group.fields.forEach((field, column) => {
          if (this.isCellShown(field, own)) this.judgeField(field, own[column], ["cell", at, row, column], this.over(own));
        });
        for (const check of group.checks) this.judgeCheck(check, row, this.over(own));
      });
    });
    for (const check of sheet.checks) this.judgeCheck(check, 0, this.over());
    // A value that is refused need not be confirmed as well.
    const refused = new Set(this.findings.filter((one) => one.refuse).flatMap((one) => one.at.map(text)));
    this.findings = this.findings.filter(
      (one) => one.kind !== "required" && (one.refuse || !one.at.some((at) => refused.has(text(at)))),
    );
  }

  find(at, kind, refuse, message) {
    this.findings.push({ at, kind, refuse, message });
  }

  judgeDay() {
    const { day } = this.sheet;
    const at = [["on"]];
    if (this.on === null) {
      this.find(at, "required", true, "");
      return;
    }
    if (this.on > this.standing.today) this.find(at, "future", true, day.future);
    if (day.hardIf && this.over().of(day.hardIf[0]) === false) {
      this.find(at, "hard", true, this.broken({ kind: "date" }, day.hardIf, this.on, this.over()));
    } else if (day.softIf && this.over().of(day.softIf[0]) === false) {
      this.find(at, "soft", false, day.softIf[1]);
    }
  }

  judgeField(field, value, place, over) {
    const at = [place];
    if (value === null) {
      if (!field.is && this.isRequired(field, over.own)) this.find(at, "required", true, "");
      return;
    }
    const alone = field.alone?.find(([code]) => value.includes(code));
    if (alone && value.length > 1) this.find(at, "exclusive", true, alone[1]);
    const isNumber = typeof value === "number" || typeof value === "bigint";
    const counts = isNumber && ["integer", "days"].includes(field.kind) || field.kind.startsWith("decimal");
    if (counts && !field.hard && (value < -STORED_MAX || value > STORED_MAX)) {
      this.find(at, "hard", true, this.sheet.texts.beyond.replace("{label}", () => field.label));
      return;
    }
    const outside = (range) => counts && range && (value < range[0] || value > range[1]);
    if (outside(field.hard)) this.find(at, "hard", true, field.hard[2]);
    else if (field.hardIf && over.of(field.hardIf[0]) === false) {
      this.find(at, "hard", true, this.broken(field, field.hardIf, value, over));
    } else if (outside(field.soft)) this.find(at, "soft", false, field.soft[2]);
    else if (field.softIf && over.of(field.softIf[0]) === false) this.find(at, "soft", false, field.softIf[1]);
  }

  /** The message of a broken condition: the limits that it names, when the value lies outside them. */
  broken(field, [, otherwise, limits, messages], value, over) {
    if (!limits || typeof value === "string" || typeof value === "boolean" || Array.isArray(value)) return otherwise;
    let [low, high] = [null, null];
    for (const [isLow, offset, tree] of limits) {
      const found = over.of(tree);
      if (found === null || typeof found === "string") return otherwise;
      const bound = read(over.of(["+", tree, offset]));
      if (isLow) low = low === null || bound > low ? bound : low;
      else high = high === null || bound < high ? bound : high;
    }
    const breaks = (low !== null && value < low) || (high !== null && value > high);
    if (!breaks || (low !== null && high !== null && low > high)) return otherwise;
    const print = (bound) => (field.kind === "date" ? printDay(Number(bound)) : printNumber(bound, scaleOf(field.kind)));
    const message = low !== null && high !== null ? messages[0] : low !== null ? messages[1] : messages[2];
    return message.replace("{low}", () => print(low)).replace("{high}", () => print(high));
  }

  judgeCheck(check, row, over) {
    const at = check.at.map((place) => (place[0] === "cell" ? ["cell", place[1], row, place[2]] : place));
    if (at.length && !at.some((place) => this.isPlaceShown(place))) return;
    if (over.of(check.that) === false) this.find(at, check.id, check.refuse, check.say);
  }

  isPlaceShown([kind, one, row, column]) {
    if (kind === "on") return true;
    if (kind === "field") return this.shown[one];
    if (kind === "group") return this.shownGroups[one];
    return this.shownGroups[one] && this.isCellShown(this.sheet.groups[one].fields[column], this.groups[one][row]);
  }

  /** The key under which a reason for a finding is given. */
  key(finding) {
    const withPlace = ["type", "hard", "soft", "required", "exclusive", "rows"].includes(finding.kind);
    if (!withPlace || !finding.at.length) return finding.kind;
    const [kind, one, row, column] = finding.at[0];
    const { fields, groups } = this.sheet;
    if (kind === "on") return `${finding.kind}:occurred_on`;
    if (kind === "field") return `${finding.kind}:${fields[one].id}`;
    if (kind === "group") return `${finding.kind}:${groups[one].id}`;
    return `${finding.kind}:${groups[one].id}.${row + 1}.${groups[one].fields[column].id}`;
  }

  /** Whether the record could be stored once reasons are given and what is missing is filled in. */
  isStorable() {
    return this.on !== null && !this.unreadable.length && !this.findings.some((finding) => finding.refuse);
  }
}
