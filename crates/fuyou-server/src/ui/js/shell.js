// The page of no network: whoever gives the password that he logged in with opens the forms that he had open, goes on
// typing and saves; what is saved waits. As soon as the server can be reached, the page that was asked for is loaded.
import { Drafts, countWaiting, timeOf } from "./drafts.js";
import { hasLocks, unlock } from "./lock.js";
import { mount } from "./record.js";
import { sendWaiting, session, showCount, tell, words } from "./sending.js";
import { element, shaped } from "./showing.js";

const LOOK_MS = 4000;
const say = words();
const main = document.getElementById("main");
const locked = document.getElementById("locked");
let drafts = null;
let isOpen = false;
let isBack = false;

/** What can be gone on with: forms that were open, with what was typed into them. */
async function kept() {
  const typed = new Map((await drafts.all()).map((draft) => [draft.id, draft]));
  const forms = await drafts.forms();
  const lines = forms.map((form) => ({ ...form, draft: typed.get(form.id) }));
  const bare = [...typed.values()].filter((draft) => draft.waiting && !forms.some((form) => form.id === draft.id));
  return [...lines, ...bare.map((draft) => ({ id: draft.id, at: draft.at, content: { title: draft.content.title, name: "" }, draft }))];
}

const DAY_MS = 86_400_000;
const dayOf = (at) => Math.floor((at - new Date(at).getTimezoneOffset() * 60_000) / DAY_MS);

/** A form that was taken along yesterday is filled in today. */
function bringToToday(at) {
  const days = dayOf(Date.now()) - dayOf(at);
  const standing = document.getElementById("standing");
  if (days <= 0 || !standing) return;
  const known = JSON.parse(standing.textContent);
  known.today += days;
  standing.textContent = JSON.stringify(known);
  const on = document.querySelector("form.record [name=occurred_on]");
  const today = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
  if (on?.value) on.setAttribute("value", today);
}

/** Shows a kept page, with the way back to the list above it. */
function show(content, path) {
  // Kept as the server rendered it, sealed since.
  main.innerHTML = content.html;
  const back = element("p", "soft", "");
  const link = element("a", "", say.toList);
  link.href = "/";
  back.append(link);
  main.prepend(back);
  document.title = content.title;
  if (location.pathname + location.search !== path) history.pushState(null, "", path);
  scrollTo(0, 0);
}

async function open(line) {
  isOpen = true;
  show(line.content, line.content.path);
  if (line.ahead) bringToToday(line.at);
  await mount(line.draft?.content.pairs);
  // From now on it is a form that was opened.
  if (line.ahead) await drafts.dropAhead(line.ahead);
}

/** What was taken along under a path: a form, or the page of a person. */
async function openAhead(path) {
  const kept = await drafts.ahead();
  const form = kept.get(`form ${path}`);
  if (form) {
    await open({ ...form, ahead: form.content.key });
    return true;
  }
  const person = kept.get(`person ${path.split("?")[0]}`);
  if (!person) return false;
  isOpen = true;
  show(person.content, path);
  return true;
}

/** The lines of the work that was taken along; what waits or was begun is said. */
function work(list, lines) {
  const begun = new Map(lines.filter((line) => line.content.path).map((line) => [line.content.path, line]));
  const table = element("ul", "plain", "");
  for (const { name, about, title, when, state, home, form } of list.lines) {
    const entry = element("li", "row between", "");
    const who = element("span", "", "");
    who.append(shaped("span", `badge state ${state}`, state, when), " ");
    const link = element("a", "", name);
    link.href = home;
    who.append(link, ` ${title} `, element("span", "soft", about));
    entry.append(who);
    const known = begun.get(form);
    const word = known?.draft?.waiting ? say.waitingShort : known?.draft ? say.typed : "";
    if (word) entry.append(element("span", "badge", word));
    if (form && !known?.draft?.waiting) {
      const act = element("a", "button small", say.fill);
      act.href = form;
      entry.append(act);
    }
    table.append(entry);
  }
  return table;
}

async function list(isAsked = true) {
  isOpen = false;
  const lines = await kept();
  const asked = location.pathname + location.search;
  const wanted = lines.find((line) => line.content.html && (line.content.path === asked || line.content.path.split("?")[0] === location.pathname));
  if (isAsked && wanted) return open(wanted);
  if (isAsked && (await openAhead(asked))) return;
  const taken = (await drafts.ahead()).get("list")?.content;
  const parts = [];
  if (taken) {
    const section = element("section", "card", "");
    section.append(element("h1", "", say.due), work(taken, lines));
    parts.push(section);
  }
  const shown = new Set(taken?.lines.map((line) => line.form));
  const others = lines.filter((line) => !shown.has(line.content.path));
  if (others.length || !taken) {
    const section = element("section", "card", "");
    section.append(element(taken ? "h2" : "h1", "", say.open));
    if (!others.length) section.append(element("p", "soft", say.nothing));
    const all = element("ul", "plain", "");
    for (const line of others) {
      const entry = element("li", "row between", "");
      const title = `${line.content.name ? `${line.content.name} · ` : ""}${line.content.title} ${timeOf(line.draft?.at ?? line.at)}`;
      entry.append(element("span", "", title));
      const state = line.draft?.waiting ? say.waitingShort : line.draft ? say.typed : "";
      if (state) entry.append(element("span", "badge", state));
      if (line.content.html) {
        const button = element("button", "quiet small", say.goOn);
        button.type = "button";
        button.addEventListener("click", () => open(line));
        entry.append(button);
      }
      all.append(entry);
    }
    section.append(all);
    parts.push(section);
  }
  main.replaceChildren(...parts);
  main.querySelector("a, button")?.focus();
}

/** A link leads to what is kept; to the rest there is no way now. */
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[href^='/']");
  if (!link || !drafts || isBack) return;
  const path = link.getAttribute("href").split("#")[0];
  event.preventDefault();
  if (path === "/") {
    if (location.pathname !== "/") history.pushState(null, "", "/");
    return list(false);
  }
  const begun = (await kept()).find((line) => line.content.html && line.content.path === path);
  if (begun) return open(begun);
  if (!(await openAhead(path))) tell("away", say.away, "/", say.toList);
});
addEventListener("popstate", () => drafts && list(true));

/** Loads the page that was asked for as soon as there is a network; somebody who is typing is only told. */
async function look() {
  const own = await session();
  isBack = own !== null;
  if (!isBack) return;
  if (!isOpen) return location.reload();
  if (own.drafts === drafts.owner) {
    tell("back", say.back, location.pathname + location.search, say.reload);
    await sendWaiting();
  } else {
    tell("log-in", say.logIn, "/login", say.toLogIn);
  }
}

locked.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const found = await unlock(form.elements.password.value);
  form.elements.password.value = "";
  const wrong = form.querySelector(".wrong");
  wrong.textContent = found ? "" : say.wrong;
  if (!found) return form.elements.password.focus();
  document.body.dataset.drafts = found.owner;
  // Under no mask: a row of zeros.
  document.body.dataset.draftKey = "0".repeat(found.secret.length) + found.secret;
  drafts = new Drafts(found.owner, found.secret);
  await list();
  await showCount();
});

// It would lead nowhere.
document.querySelector("form[action='/language']")?.remove();
const waiting = await countWaiting();
const count = document.getElementById("count");
count.textContent = count.textContent.replace("{count}", waiting);
count.hidden = waiting === 0;
// The password is asked for only where it opens something.
const canOpen = await hasLocks();
const asking = locked.querySelector("form");
asking.hidden = !canOpen;
document.getElementById("no-lock").hidden = canOpen;
if (canOpen) asking.elements.password.focus();
window.addEventListener("online", look);
setInterval(look, LOOK_MS);
