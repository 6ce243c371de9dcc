// Keeps the draft of a form while it is typed, offers an earlier one, and sends a form once however often it is clicked.
import { draftsOfPage, timeOf } from "./drafts.js";
import { element } from "./showing.js";

const pause = 300;
const REACH_MS = 5000;

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

/** What a draft belongs to: the form, and the enrollment when there is one. */
function subjectOf(form) {
  return `${new URL(form.action).pathname} ${form.elements.enrollment?.value ?? ""}`;
}

/** Where the form is opened again. */
function pathOf(form) {
  const enrollment = form.elements.enrollment?.value;
  return new URL(form.action).pathname + (enrollment ? `?enrollment=${enrollment}` : "");
}

/** Puts a draft into the form; `check` judges it. */
function putBack(form, pairs, check) {
  const texts = new Map();
  for (const [name, text] of pairs) texts.set(name, [...(texts.get(name) ?? []), text]);
  const rows = [...texts].filter(([name]) => name.startsWith("n."));
  if (rows.some(([name, [count]]) => form.elements[name]?.value !== count)) {
    // The server makes the rows that are missing here.
    const sent = element("form", "", "");
    sent.method = "post";
    sent.action = form.action;
    for (const [name, text] of [...pairs, ["csrf", form.elements.csrf.value], ["do", "check"]]) {
      const field = element("input", "", "");
      [field.type, field.name, field.value] = ["hidden", name, text];
      sent.append(field);
    }
    document.body.append(sent);
    sent.submit();
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

async function offer(form, drafts, check, words) {
  const own = form.elements.id.value;
  const found = await drafts.all();
  if (found.some((draft) => draft.id === own)) return;
  const draft = found.find((one) => !one.waiting && one.content.subject === subjectOf(form));
  if (!draft) return;
  const box = element("div", "message notice draft", "");
  box.setAttribute("role", "status");
  const row = element("p", "row", words.kept.replace("{time}", timeOf(draft.at)));
  const goOn = element("button", "small", words.goOn);
  const drop = element("button", "quiet small", words.drop);
  goOn.type = drop.type = "button";
  goOn.addEventListener("click", () => {
    box.remove();
    putBack(form, draft.content.pairs, check);
  });
  drop.addEventListener("click", () => {
    drafts.drop(draft.id);
    box.remove();
  });
  row.append(" ", goOn, " ", drop);
  box.append(row);
  form.before(box);
}

/** Keeps the drafts of a form; `check` judges the form. Returns what keeps it at once; null when nothing is kept. */
export function keepDrafts(form, check) {
  const drafts = draftsOfPage();
  if (!drafts || form.dataset.draft === undefined) return null;
  const words = JSON.parse(document.body.dataset.draftWords);
  let timer = 0;
  // What was promised to be sent stays so, whatever is typed afterwards.
  let isWaiting = false;
  const keep = (waiting = false) => {
    clearTimeout(timer);
    isWaiting ||= waiting;
    const content = {
      title: document.querySelector("h1")?.textContent ?? "",
      path: pathOf(form),
      subject: subjectOf(form),
      action: new URL(form.action).pathname,
      pairs: pairsOf(form),
    };
    return drafts.keep(form.elements.id.value, content, isWaiting);
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => keep(), pause);
  });
  offer(form, drafts, check, words);
  return keep;
}

/** Whether the server can be reached. */
async function isReachable() {
  if (navigator.onLine === false) return false;
  const style = document.querySelector("link[rel=stylesheet]").href;
  try {
    await fetch(style, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(REACH_MS) });
    return true;
  } catch {
    return false;
  }
}

/** What is typed into fields that must not be kept. */
const holdsUnkept = (form) =>
  [...form.elements].some(
    (control) => control.closest("[data-unkept]") && control.name && (isChoice(control) ? control.checked && control.value !== "" : control.value.trim() !== ""),
  );

/** The record waits in this browser until there is a network. */
async function wait(form, keep) {
  const words = JSON.parse(document.body.dataset.draftWords);
  const waits = !holdsUnkept(form) && (await keep(true));
  document.getElementById("offline")?.remove();
  const box = element("div", "message notice", waits ? words.waits : words.stay);
  box.id = "offline";
  box.tabIndex = -1;
  box.setAttribute("role", "status");
  form.before(box);
  box.focus();
}

/** Sends the form once, however often it is clicked, after its draft was kept: the session or the network may have ended. */
export function sendOnce(form, keep) {
  let stage = "ready";
  form.addEventListener("submit", async (event) => {
    if (stage === "sending") return;
    event.preventDefault();
    if (stage !== "ready") return;
    stage = "keeping";
    if (keep) {
      await Promise.race([keep(), new Promise((done) => setTimeout(done, pause))]);
      if (!(await isReachable())) {
        await wait(form, keep);
        stage = "ready";
        return;
      }
    }
    stage = "sending";
    form.requestSubmit(event.submitter ?? undefined);
    stage = "sent";
    // If no answer comes, one may try again: the record keeps its id, so it is stored once.
    setTimeout(() => (stage = "ready"), 10_000);
  });
  // Back from the saved record to the form as it was.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) stage = "ready";
  });
}
