// The page of no network: whoever gives the password that he logged in with opens the forms that he had open, goes on
// typing and saves; what is saved waits. As soon as the server can be reached, the page that was asked for is loaded.
import { Drafts, countWaiting, timeOf } from "./drafts.js";
import { hasLocks, unlock } from "./lock.js";
import { mount } from "./record.js";
import { sendWaiting, session, showCount, tell, words } from "./sending.js";
import { element } from "./showing.js";

const LOOK_MS = 4000;
const say = words();
const main = document.getElementById("main");
const locked = document.getElementById("locked");
let drafts = null;
let isOpen = false;

/** What can be gone on with: forms that were open, with what was typed into them. */
async function kept() {
  const typed = new Map((await drafts.all()).map((draft) => [draft.id, draft]));
  const forms = await drafts.forms();
  const lines = forms.map((form) => ({ ...form, draft: typed.get(form.id) }));
  const bare = [...typed.values()].filter((draft) => draft.waiting && !forms.some((form) => form.id === draft.id));
  return [...lines, ...bare.map((draft) => ({ id: draft.id, at: draft.at, content: { title: draft.content.title, name: "" }, draft }))];
}

function open(line) {
  isOpen = true;
  // Kept as the server rendered it, sealed since.
  main.innerHTML = line.content.html;
  document.title = line.content.title;
  history.replaceState(null, "", line.content.path);
  mount(line.draft?.content.pairs);
}

async function list() {
  const lines = await kept();
  const asked = location.pathname + location.search;
  const wanted = lines.find((line) => line.content.html && (line.content.path === asked || line.content.path.split("?")[0] === location.pathname));
  if (wanted) return open(wanted);
  const section = element("section", "card", "");
  section.append(element("h1", "", say.open));
  if (!lines.length) section.append(element("p", "soft", say.nothing));
  const all = element("ul", "plain", "");
  for (const line of lines) {
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
  main.replaceChildren(section);
  section.querySelector("button")?.focus();
}

/** Loads the page that was asked for as soon as there is a network; somebody who is typing is only told. */
async function look() {
  const own = await session();
  if (own === null) return;
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
