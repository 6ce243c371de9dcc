// Improves the form of a record: fields appear when they matter, what is computed is computed, what is wrong or unusual
// is said, and what saving would lead to is shown while typing; Enter moves on.
// Most of it is decided here, from the sheet of the form. What is not, the server is asked. Without this script the
// button "check" does the same; whatever is shown here, the server decides when the form is sent.
import { Desk } from "./desk.js";
import { outlook } from "./outlook.js";
import { Brief, isComplete, keys } from "./brief.js";
import { keepDrafts, putBack, saveOnce } from "./keeping.js";
import { takeRanges } from "./paste.js";
import { AskServer } from "./reading.js";
import { consequence, element, printValue } from "./showing.js";

let form = null;
const NONE_OF_THESE = "|";
const pause = 350;

const all = (selector) => [...form.querySelectorAll(selector)];
const brought = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");

let sheet = null;
let standing = null;
let words = null;
let brief = null;
let pressed = null;
// Where the focus came from and went to when a complete number moved on by itself.
let moved = null;
let timer = 0;
let asked = 0;

function showField(found) {
  const box = all("[data-field]").find((box) => box.dataset.field === found.name);
  if (!box) return;
  box.hidden = found.hidden;
  const label = box.querySelector("legend, label");
  if (label && box.dataset.field !== "occurred_on") label.classList.toggle("required", found.required);
  if (found.computed !== null) box.querySelector("output").textContent = found.computed || "–";
  box.classList.toggle("bad", found.wrong.length > 0);
  const against = box.querySelector(".against");
  const said = [...(against?.children ?? [])].map((one) => one.textContent);
  // What is said already is left alone, or a screen reader would say it again.
  if (against && said.join("\n") !== found.wrong.join("\n")) {
    against.replaceChildren(...found.wrong.map((text) => element("span", "wrong", text)));
  }
  const asks = box.querySelector(".asks");
  if (!asks) return;
  const kept = new Map([...asks.querySelectorAll("input")].map((input) => [input.name, input]));
  const wanted = found.asks.map(([key]) => `reason.${key}`);
  for (const [name, input] of kept) if (!wanted.includes(name)) input.closest(".ask").remove();
  for (const [key, message] of found.asks) {
    if (kept.has(`reason.${key}`)) continue;
    const ask = element("label", "ask", "");
    const input = document.createElement("input");
    input.name = `reason.${key}`;
    input.placeholder = form.dataset.reason;
    ask.append(element("span", "", message), input);
    asks.append(ask);
  }
}

function show(state) {
  state.fields.forEach(showField);
  for (const group of all("[data-group]")) group.hidden = state.hidden_groups.includes(group.dataset.group);
  for (const section of all("[data-section]")) {
    const parts = [...section.querySelectorAll("[data-field], [data-group]")];
    section.hidden = parts.length > 0 && parts.every((part) => part.hidden);
  }
  brief?.show();
}

/** What is typed under a name, as the form would send it. */
function typedTexts() {
  const texts = new Map();
  for (const [name, text] of new FormData(form)) {
    if (typeof text === "string" && text.trim() !== "") texts.set(name, [...(texts.get(name) ?? []), text]);
  }
  const codes = new Map([...document.querySelectorAll("#organizations option")].map((one) => [one.textContent, one.value]));
  return (name) => {
    let given = texts.get(name) ?? [];
    if (given.length > 1) given = given.filter((text) => text !== NONE_OF_THESE);
    const text = given.join(",");
    const isOrganization = codes.size > 0 && form.elements[name]?.getAttribute?.("list") === "organizations";
    return isOrganization ? (codes.get(text.trim()) ?? text) : text;
  };
}

/** The state of the form as the server would describe it. */
function stateOf(desk) {
  const found = [...desk.unreadable, ...desk.findings.filter((one) => !desk.unreadable.some((bad) => same(bad.at[0], one.at[0])))];
  const field = (name, place, hidden, required, computed) => ({
    name,
    hidden,
    required,
    computed,
    // A condition between fields is shown beside the first; the others are only marked.
    wrong: found.filter((one) => one.refuse && one.at.some((at) => same(at, place))).map((one) => one.message),
    asks: found.filter((one) => !one.refuse && same(one.at[0], place)).map((one) => [desk.key(one), one.message]),
  });
  const fields = [field("occurred_on", ["on"], false, true, null)];
  const required = desk.required();
  desk.sheet.fields.forEach((one, at) => {
    if (!one) return;
    const computed = one.is ? printValue(one, desk.values[at], words) : null;
    fields.push(field(`f.${one.id}`, ["field", at], !desk.shown[at], required[at], computed));
  });
  desk.sheet.groups.forEach((group, at) => {
    desk.groups[at].forEach((own, row) => {
      group.fields.forEach((one, column) => {
        if (!one) return;
        const cell = desk.cell(at, row, column);
        const computed = one.is ? printValue(one, own[column], words) : null;
        const name = `g.${group.id}.${row}.${one.id}`;
        fields.push(field(name, ["cell", at, row, column], cell === "hidden", cell === "required", computed));
      });
    });
  });
  const hidden = desk.sheet.groups.filter((_, at) => !desk.shownGroups[at]).map((group) => group.id);
  return { fields, hidden_groups: hidden };
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Checks the form here. Whether the server need not be asked any more. */
function checkHere() {
  if (!sheet || sheet.ask || !standing || standing.ask) return false;
  try {
    const desk = new Desk(sheet, standing, typedTexts());
    // Groups that are hidden here keep their rows in the page: what is typed comes back with them.
    brief?.want(new Desk(sheet, standing, brief.asUsual(typedTexts())));
    show(stateOf(desk));
    if (desk.on !== null && desk.on !== standing.on) {
      askStanding();
      return true;
    }
    // In the short form the risk is told as it would be with the rest as usual: that is what one key saves.
    const whole = brief?.isOpen ? new Desk(sheet, standing, brief.asUsual(typedTexts())) : desk;
    if (!whole.isStorable()) return true;
    const found = outlook(whole);
    document.getElementById("consequence").replaceChildren(...consequence(found, sheet.outlook, words));
    return !found.partial;
  } catch (failure) {
    // A fault of this script must not silence the server.
    if (!(failure instanceof AskServer)) console.error(failure);
    return false;
  }
}

async function post(path, body) {
  const number = ++asked;
  try {
    const answer = await fetch(path, { method: "POST", body, headers: { "x-csrf-token": form.elements.csrf.value } });
    // An older answer must not overwrite a newer one.
    if (answer.ok && !answer.redirected && number === asked) return await answer.json();
  } catch {
    // Offline: saving will check.
  }
  return null;
}

/** Another day of service has other earlier values. */
const askStanding = later(async () => {
  const body = new URLSearchParams();
  for (const name of ["csrf", "id", "enrollment", "base_version", "occurred_on"]) {
    if (form.elements[name]) body.set(name, form.elements[name].value);
  }
  const found = await post(form.dataset.standing, body);
  if (!found) return;
  standing = found;
  // Once: what the server read may be another day than what is read here.
  if (!checkHere()) preview();
});

const preview = later(async () => {
  const body = new URLSearchParams(new FormData(form));
  body.set("do", "check");
  const state = await post(form.dataset.preview, body);
  if (!state) return;
  show(state);
  // Rendered and escaped by the server.
  if (state.consequence) document.getElementById("consequence").innerHTML = state.consequence;
});

/** Runs once typing pauses. */
function later(run) {
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, pause);
  };
}

function check() {
  clearTimeout(timer);
  asked += 1;
  if (!checkHere()) preview();
}

/** In the short form a complete number moves on by itself. */
function advance(event) {
  const at = event.target;
  if (!brief || !sheet || event.inputType !== "insertText" || event.isComposing) return;
  if (!form.classList.contains("brief") || at.selectionEnd !== at.value.length) return;
  const field = sheet.fields.find((one) => one && `f.${one.id}` === at.name);
  if (!field || field.is || !isComplete(field, at.value)) return;
  moveOn(at);
  moved = { from: at, to: document.activeElement };
}

/** A key after the focus moved by itself: Enter is a habit, and Backspace means the number before. */
function afterMove(event) {
  const { from, to } = moved;
  moved = null;
  if (event.target !== to || to === from) return false;
  if (event.key === "Backspace" && to.value === "" && to.type === "text") {
    event.preventDefault();
    from.focus();
    from.setSelectionRange(from.value.length, from.value.length);
    return true;
  }
  if (event.key !== "Enter" || to.matches("button")) return false;
  event.preventDefault();
  return true;
}

function press(event) {
  const at = event.target;
  if (moved && afterMove(event)) return;
  if (pressed(event) || event.isComposing) return;
  if (at.type === "radio" && /^[1-9]$/.test(event.key)) {
    const chosen = all(`input[name="${CSS.escape(at.name)}"]`)[Number(event.key) - 1];
    if (!chosen) return;
    event.preventDefault();
    chosen.click();
    moveOn(chosen);
  } else if ((event.key === "/" || event.key === "／") && at.inputMode === "decimal") {
    // As a blood pressure is written.
    event.preventDefault();
    if (at.value !== "") moveOn(at);
  } else if (event.key === "Enter" && at.matches("input, select")) {
    event.preventDefault();
    moveOn(at);
  }
}

function moveOn(at) {
  const stops = all("input:not([type=hidden]), select, textarea, .usual [data-finish], button[value=save]").filter(
    (stop) => stop.offsetParent !== null && (stop.type !== "radio" || stop.checked || first(stop)),
  );
  const next = stops.slice(stops.indexOf(at) + 1).find((stop) => stop.name !== at.name || stop.name === "");
  next?.focus();
  next?.select?.();
}

function first(radio) {
  const same = all(`input[name="${CSS.escape(radio.name)}"]`);
  return same[0] === radio && !same.some((other) => other.checked);
}

async function loadSheet() {
  if (!form.dataset.sheet) return;
  try {
    const answer = await fetch(form.dataset.sheet);
    if (answer.ok && !answer.redirected) sheet = await answer.json();
  } catch {
    // Without it the server is asked.
  }
}

/** Brings the form of the page to life, with what was typed into it before when the page is opened again. */
export async function mount(pairs = null, isAnswer = false) {
  form = document.querySelector("form.record");
  if (!form) return;
  sheet = null;
  standing = brought("standing");
  words = brought("words");
  form.addEventListener("input", check);
  form.addEventListener("change", check);
  form.addEventListener("input", advance);
  form.addEventListener("keydown", press);
  takeRanges(form, check);
  const problem = document.getElementById("problems") ?? form.parentElement.querySelector(".message.bad");
  const wrong = form.querySelector(".bad input, .bad select, .ask input");
  if (problem) (wrong ?? problem).focus();
  brief = document.querySelector(".conflict") ? null : Brief.of(form, check);
  pressed = keys(form, brief);
  const kept = keepDrafts(form, check, isAnswer || pairs !== null);
  saveOnce(form, kept, () => mount(null, true));
  const discard = document.querySelector("a[data-discard]");
  discard?.addEventListener("click", async (event) => {
    event.preventDefault();
    await kept?.drop();
    location.assign(discard.href);
  });
  await loadSheet();
  check();
  if (brief && !problem && document.activeElement === document.body) brief.begin();
  if (pairs) putBack(form, pairs, check);
}

await mount();
