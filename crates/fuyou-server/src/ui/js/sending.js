// Sending a record: once however often it is tried, because a record has its own id.
import { draftsOfPage, dropAheadOf, timeOf } from "./drafts.js";
import { element } from "./showing.js";

const TRIES_MAX = 3;
const PATIENCE_MS = 12_000;
const REST_MS = 400;

/** The session of this browser: its token and what seals its drafts; empty when nobody is logged in, null when the server
 * cannot be reached. */
export async function session() {
  try {
    const answer = await fetch("/session", { redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) return {};
    const own = await answer.json();
    if (own.aheadOff) await dropAheadOf(own.drafts).catch(() => {});
    return own;
  } catch {
    return null;
  }
}

const rest = (ms) => new Promise((done) => setTimeout(done, ms));

/** The server's answer to a record; null when none came, however often it was asked. */
export async function post(action, body, token) {
  const deadline = Date.now() + PATIENCE_MS;
  for (let tried = 0; tried < TRIES_MAX && navigator.onLine !== false; tried += 1) {
    const left = deadline - Date.now();
    if (left <= 0) break;
    try {
      const signal = AbortSignal.timeout(left);
      const answer = await fetch(action, { method: "POST", body, headers: { "x-csrf-token": token }, signal });
      // All of it, or it did not come.
      return { status: answer.status, path: new URL(answer.url).pathname, html: await answer.text() };
    } catch {
      await rest(REST_MS * (tried + 1));
    }
  }
  return null;
}

/** Whether an answer is the page of the stored record. */
export const isStored = (answer, record) => answer.status === 200 && answer.path.endsWith(`/records/${record}`);

export const words = () => JSON.parse(document.body.dataset.draftWords ?? "{}");

/** A line at the top of the page, with a link. One line for each `name`. */
export function tell(name, text, href, linkWords) {
  document.querySelector(`main [data-told="${CSS.escape(name)}"]`)?.remove();
  const line = element("p", "", `${text} `);
  const link = element("a", "", linkWords);
  link.href = href;
  line.append(link);
  const box = element("div", "message notice", "");
  box.dataset.told = name;
  box.setAttribute("role", "status");
  box.append(line);
  document.getElementById("main").prepend(box);
}

const named = (draft) => `${draft.content.title} ${timeOf(draft.at)}`;

let sending = null;

/** Sends what waits of the user of this page. */
export function sendWaiting() {
  sending ??= sendAll().finally(() => (sending = null));
  return sending;
}

async function sendAll() {
  const drafts = draftsOfPage();
  const waiting = (await drafts?.all())?.filter((one) => one.waiting) ?? [];
  if (waiting.length) await sendEach(drafts, waiting);
  await showCount();
}

async function sendEach(drafts, waiting) {
  const say = words();
  if (navigator.onLine === false) return;
  const own = await session();
  if (own === null) return;
  if (own.drafts !== drafts.owner) {
    // The session ended meanwhile, or it is somebody else's.
    tell("log-in", say.logIn, "/login", say.toLogIn);
    return;
  }
  for (const draft of waiting) {
    const { action, pairs, path } = draft.content;
    const answer = await post(action, new URLSearchParams([...pairs, ["do", "save"]]), own.csrf);
    if (answer === null) return;
    if (isStored(answer, draft.content.record)) {
      await drafts.drop(draft.id);
      tell(draft.id, say.sent, answer.path, named(draft));
    } else if (answer.status < 500 && answer.path !== "/login") {
      // Something stands against it: a person decides, at the form, with what was typed.
      await drafts.keep(draft.id, { ...draft.content, refused: true }, false);
      tell(draft.id, say.look, path, named(draft));
    }
  }
}

/** Shows in the bar how many records of the user wait to be sent; a press sends them. */
export async function showCount() {
  const drafts = draftsOfPage();
  if (!drafts) return;
  const count = (await drafts.all()).filter((one) => one.waiting).length;
  let shown = document.getElementById("waiting");
  if (!count) return shown?.remove();
  if (!shown) {
    shown = element("button", "waiting", "");
    shown.id = "waiting";
    shown.type = "button";
    shown.addEventListener("click", sendWaiting);
    document.querySelector(".who").prepend(shown);
  }
  shown.textContent = words().queue.replace("{count}", count);
}
