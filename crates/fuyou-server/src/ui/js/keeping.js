// Keeps the draft of a form while it is typed, offers an earlier one, saves a form once however often it is clicked, and
// lets the record wait where there is no network.
import { draftsOfPage, timeOf } from "./drafts.js";
import { isStored, post, session, showCount, tell, words } from "./sending.js";
import { element } from "./showing.js";

const pause = 300;

const isChoice = (control) => control.type === "radio" || control.type === "checkbox";

/** The controls whose content is kept: not those of infection findings, nor what belongs to the session. */
function keptControls(form) {
  return [...form.elements].filter(
    (control) => control.name && control.name !== "csrf" && control.type !== "submit" && !control.closest("[data-unkept]"),
  );
}

function pairsOf(form) {
  return keptControls(form)
    .filter((control) => !isChoice(control) || control.checked)
    .map((control) => [control.name, control.value]);
}

/** What is typed into fields that must not be kept. */
const holdsUnkept = (form) =>
  [...form.elements].some(
    (control) => control.closest("[data-unkept]") && control.name && (isChoice(control) ? control.checked && control.value !== "" : control.value.trim() !== ""),
  );

const actionOf = (form) => new URL(form.action).pathname;
const recordOf = (form) => form.elements.id.value;

/** A record and its correction are two things to be typed. */
const draftOf = (form) => (actionOf(form).endsWith("/correct") ? `${recordOf(form)} correct` : recordOf(form));

/** What a draft belongs to: the form, and the enrollment when there is one. */
const subjectOf = (form) => `${actionOf(form)} ${form.elements.enrollment?.value ?? ""}`;

/** Where the form is opened again. */
function pathOf(form) {
  const enrollment = form.elements.enrollment?.value;
  return actionOf(form) + (enrollment ? `?enrollment=${enrollment}` : "");
}

const ANSWER = "fuyou.answer";

/** The next page answers this form as it stands: there is nothing to be offered on it. */
export function expectAnswer(form) {
  sessionStorage.setItem(ANSWER, draftOf(form));
}

function isExpected(form) {
  const expected = sessionStorage.getItem(ANSWER);
  sessionStorage.removeItem(ANSWER);
  return expected === draftOf(form);
}

const titleOf = () => document.querySelector("#main h1")?.textContent ?? "";

/** Asks the server for the form filled in with these pairs; it makes the rows that are missing. */
export function askWith(form, pairs) {
  const sent = element("form", "", "");
  sent.method = "post";
  sent.action = form.action;
  for (const [name, text] of [...pairs, ["do", "check"]]) {
    const field = element("input", "", "");
    [field.type, field.name, field.value] = ["hidden", name, text];
    sent.append(field);
  }
  document.body.append(sent);
  expectAnswer(form);
  sent.submit();
}

/** Puts a draft into the form; `check` judges it. */
export function putBack(form, pairs, check) {
  const texts = new Map();
  for (const [name, text] of pairs) texts.set(name, [...(texts.get(name) ?? []), text]);
  const rows = [...texts].filter(([name]) => name.startsWith("n."));
  if (rows.some(([name, [count]]) => form.elements[name]?.value !== count)) {
    // The server makes the rows that are missing here.
    askWith(form, [...pairs, ["csrf", form.elements.csrf.value]]);
    return;
  }
  const put = (control) => {
    const given = texts.get(control.name) ?? [];
    if (isChoice(control)) control.checked = given.includes(control.value);
    else if (given.length) control.value = given[0];
    else if (control.type !== "hidden") control.value = "";
  };
  keptControls(form).forEach(put);
  check();
  // Reasons are asked for once the form is judged.
  keptControls(form).filter((control) => control.name.startsWith("reason.")).forEach(put);
}

async function offer(form, drafts, check) {
  const found = await drafts.all();
  const draft = found.find((one) => !one.waiting && one.content.subject === subjectOf(form));
  if (!draft) return;
  const say = words();
  const box = element("div", "message notice draft", "");
  box.setAttribute("role", "status");
  const row = element("p", "row", say.kept.replace("{time}", timeOf(draft.at)));
  const goOn = element("button", "small", say.goOn);
  const drop = element("button", "quiet small", say.drop);
  goOn.type = drop.type = "button";
  goOn.addEventListener("click", () => {
    box.remove();
    putBack(form, draft.content.pairs, check);
    // What the server refused is shown with what it says against it.
    if (draft.content.refused) form.querySelector("button[value=save]").click();
  });
  drop.addEventListener("click", () => {
    drafts.drop(draft.id);
    box.remove();
  });
  row.append(" ", goOn, " ", drop);
  box.append(row);
  form.before(box);
}

/** The form as it was opened, without what must not be kept: to be opened again where there is no network. */
function copyOf(form) {
  return copiedFrom(document.getElementById("main").cloneNode(true), form);
}

/** The form of a page that was fetched and is not shown, to be opened where there is no network; null when it has none. */
export function copyOfPage(page) {
  const form = page.querySelector("form.record");
  return form && copiedFrom(page.getElementById("main"), form);
}

function copiedFrom(main, form) {
  main.querySelector("[name=csrf]").setAttribute("value", "");
  const gone = "script:not([type='application/json']), script[data-unkept], .message, #consequence > *, .against > *, .asks > *";
  main.querySelectorAll(gone).forEach((one) => one.remove());
  // What the script made is made again.
  main.querySelectorAll(".usual").forEach((one) => one.remove());
  main.querySelectorAll(".aside, .brief").forEach((one) => one.classList.remove("aside", "brief"));
  for (const box of main.querySelectorAll("[data-unkept]")) {
    box.removeAttribute("data-usual");
    box.querySelectorAll(".last, .theirs").forEach((one) => one.remove());
    box.querySelectorAll("output").forEach((one) => (one.textContent = "–"));
    box.querySelectorAll("input:not([type=radio]):not([type=checkbox])").forEach((one) => one.setAttribute("value", ""));
    box.querySelectorAll("[checked], [selected]").forEach((one) => ["checked", "selected"].forEach((name) => one.removeAttribute(name)));
  }
  return { record: recordOf(form), title: main.querySelector("h1")?.textContent ?? "", name: main.querySelector("[data-name]")?.textContent ?? "", path: pathOf(form), html: main.innerHTML };
}

/** Keeps the drafts of a form; `check` judges the form, which may be the answer to what was typed. Returns what keeps it at once; null when nothing is kept. */
export function keepDrafts(form, check, isAnswer) {
  const drafts = draftsOfPage();
  if (!drafts) return null;
  let timer = 0;
  // What was promised to be sent stays so, whatever is typed afterwards.
  let isWaiting = false;
  const keep = (waiting = false) => {
    clearTimeout(timer);
    isWaiting ||= waiting;
    const content = {
      title: titleOf(),
      path: pathOf(form),
      subject: subjectOf(form),
      action: actionOf(form),
      record: recordOf(form),
      pairs: pairsOf(form),
    };
    return drafts.keep(draftOf(form), content, isWaiting);
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => keep(), pause);
  });
  // A correction is kept whole or not at all: what is left out of it would be deleted.
  if (!(actionOf(form).endsWith("/correct") && holdsUnkept(form))) drafts.keepForm(draftOf(form), copyOf(form));
  if (!isExpected(form) && !isAnswer) offer(form, drafts, check);
  return { keep, drop: () => (clearTimeout(timer), drafts.drop(draftOf(form))), owner: drafts.owner };
}

/** Says above the form what became of saving. */
function say(form, text) {
  document.getElementById("offline")?.remove();
  const box = element("div", "message notice", text);
  box.id = "offline";
  box.tabIndex = -1;
  box.setAttribute("role", "status");
  form.before(box);
  box.focus();
}

/** The record waits in this browser until there is a network. */
async function wait(form, kept) {
  const waits = !holdsUnkept(form) && (await kept.keep(true));
  say(form, waits ? words().waits : words().stay);
  await showCount();
}

/** Sends the record and shows the answer; `again` brings the form of an answer to life. */
async function save(form, button, kept, again) {
  // Its draft first: the session or the network may have ended.
  await Promise.race([kept.keep(), new Promise((done) => setTimeout(done, pause))]);
  const body = new URLSearchParams(new FormData(form, button));
  const shown = (html) => new DOMParser().parseFromString(html, "text/html").getElementById("main");
  const hasForm = (answer) => shown(answer.html)?.querySelector("form.record");
  let answer = await post(form.action, body, form.elements.csrf.value);
  if (answer && answer.status === 422 && !hasForm(answer)) {
    // The page belongs to an earlier session; when it was this user's, the record is still welcome.
    const own = await session();
    if (own?.drafts === kept.owner) answer = await post(form.action, body, own.csrf);
    else return tell("log-in", words().logIn, "/login", words().toLogIn);
  }
  if (answer === null) return wait(form, kept);
  if (isStored(answer, recordOf(form))) {
    await kept.drop();
    return location.assign(answer.path);
  }
  if (answer.path === "/login") return location.assign(answer.path);
  if (answer.status >= 500 || !hasForm(answer)) return say(form, words().failed);
  document.getElementById("main").replaceWith(document.adoptNode(shown(answer.html)));
  return again();
}

/** Saves the form once, however often it is clicked. */
export function saveOnce(form, kept, again) {
  let isBusy = false;
  const busy = (now) => {
    isBusy = now;
    form.setAttribute("aria-busy", String(now));
  };
  form.addEventListener("submit", async (event) => {
    if (isBusy) return event.preventDefault();
    busy(true);
    // If no answer comes, one may try again: the record keeps its id, so it is stored once.
    if (kept && event.submitter?.value !== "save") expectAnswer(form);
    if (!kept || event.submitter?.value !== "save") return void setTimeout(() => busy(false), 10_000);
    event.preventDefault();
    try {
      await save(form, event.submitter, kept, again);
    } finally {
      busy(false);
    }
  });
  // Back from the saved record to the form as it was.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) busy(false);
  });
}
