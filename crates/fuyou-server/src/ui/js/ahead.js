// Takes the work of this week along: the list, the page of each person on it and the form that is asked for, fetched one
// after the other while nothing else happens, sealed as drafts are. A person starts it on this device; from then on the
// home page brings it up to date. Logging out, a press, and a day end it.
import { canSeal } from "./disk.js";
import { AHEAD_WANTED as WANTED, draftsOfPage, dropAheadOf } from "./drafts.js";
import { copyOfPage } from "./keeping.js";
import { hasLocks } from "./lock.js";

// A copy that is younger is not fetched again.
const FRESH_MS = 3 * 3600 * 1000;
const BYTES_MAX = 8_000_000;
const box = document.querySelector("[data-ahead]");
const state = box.querySelector("[data-state]");
const drafts = draftsOfPage();
const [take, leave] = [box.querySelector("[data-take]"), box.querySelector("[data-leave]")];
let isTaking = false;

const wanted = () => localStorage.getItem(WANTED) === drafts.owner;
const say = (words, count = "") => (state.textContent = words.replace("{count}", count));
const idle = () => new Promise((done) => (globalThis.requestIdleCallback ?? setTimeout)(() => done(), { timeout: 2000 }));

async function fetched(path) {
  const answer = await fetch(path, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** The page of a person to be read: without what one presses. */
function personOf(page) {
  const main = page.getElementById("main");
  const deeds = ["edit", "merge", "refer?", "/enrollments/"].map((word) => `a[href*="${word}"]`);
  main.querySelectorAll(["script", "form", "button", ...deeds].join()).forEach((one) => one.remove());
  return { title: main.querySelector("h1")?.textContent ?? "", html: main.innerHTML };
}

async function formOf(page) {
  const copy = copyOfPage(page);
  // The worker keeps the sheet, which is about no person.
  const sheet = page.querySelector("form.record")?.dataset.sheet;
  if (sheet) await fetch(sheet);
  return copy;
}

/** What has to be fetched for a list: a name under which it is kept, where it is, and what is made of it. */
function wants({ lines, pages }) {
  const all = new Map();
  for (const { home, form } of lines) {
    if (form) all.set(`form ${form}`, [form, formOf]);
    if (pages && home.startsWith("/persons/")) all.set(`person ${home}`, [home, personOf]);
  }
  return all;
}

async function takeAlong() {
  if (isTaking) return;
  isTaking = true;
  try {
    const answer = await fetch("/ahead");
    if (!answer.ok || answer.redirected) throw new Error("no list");
    const list = await answer.json();
    if (!list.allowed) {
      // Switched off since this page was loaded.
      await dropAheadOf(drafts.owner);
      box.hidden = true;
      return;
    }
    await drafts.keepAhead("list", list);
    const all = wants(list);
    const known = await drafts.ahead();
    for (const id of known.keys()) if (id !== "list" && !all.has(id)) await drafts.dropAhead(id);
    let bytes = 0;
    let count = 0;
    for (const [id, [path, make]] of all) {
      const kept = known.get(id);
      let content = kept && kept.at > Date.now() - FRESH_MS ? kept.content : null;
      if (!content) {
        await idle();
        const page = await fetched(path);
        content = page && (await make(page));
        if (!content) continue;
        if (!wanted()) return;
        if (!(await drafts.keepAhead(id, content))) throw new Error("no space");
      }
      bytes += content.html.length;
      count += 1;
      if (bytes > BYTES_MAX) throw new Error("too much");
      say(state.dataset.taking, `${count} / ${all.size}`);
    }
    say(state.dataset.taken, `${list.lines.length} · ${all.size}`);
  } catch {
    say(state.dataset.failed);
  } finally {
    isTaking = false;
  }
}

async function leaveBehind() {
  localStorage.removeItem(WANTED);
  for (const id of (await drafts.ahead()).keys()) await drafts.dropAhead(id);
  show();
}

function show() {
  leave.hidden = !wanted();
  if (!wanted()) say("");
}

take.addEventListener("click", () => {
  localStorage.setItem(WANTED, drafts.owner);
  show();
  takeAlong();
});
leave.addEventListener("click", leaveBehind);

if (drafts && canSeal() && (await hasLocks())) {
  // A browser that died may have forgotten the wish and kept the work.
  if (!wanted() && (await drafts.ahead()).has("list")) localStorage.setItem(WANTED, drafts.owner);
  box.hidden = false;
  show();
  if (wanted()) takeAlong();
}
