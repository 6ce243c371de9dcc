// On every page of somebody who records: records that wait are sent, drafts end when their record is saved or the user
// logs out, and are offered at home.
import { draftsOfPage, forgetAll, timeOf } from "./drafts.js";
import { element } from "./showing.js";

const OFFERED_MAX = 3;
const drafts = draftsOfPage();
const words = JSON.parse(document.body.dataset.draftWords ?? "{}");

/** A line at the top of the page, with a link. */
function tell(text, href, linkWords) {
  const line = element("p", "", `${text} `);
  const link = element("a", "", linkWords);
  link.href = href;
  line.append(link);
  const box = element("div", "message notice", "");
  box.setAttribute("role", "status");
  box.append(line);
  document.getElementById("main").prepend(box);
}

const named = (draft) => `${draft.content.title} ${timeOf(draft.at)}`;

async function offer() {
  const found = (await drafts.all()).filter((draft) => !draft.waiting);
  for (const draft of found.slice(0, OFFERED_MAX).reverse()) {
    tell(`${words.kept.replace("{time}", timeOf(draft.at))} · ${draft.content.title}`, draft.content.path, words.goOn);
  }
}

/** Sends what waits. A record has its own id: sent twice, it is stored once. */
async function sendWaiting() {
  const token = document.querySelector("input[name=csrf]")?.value;
  for (const draft of (await drafts.all()).filter((one) => one.waiting)) {
    const body = new URLSearchParams([...draft.content.pairs, ["do", "save"]]);
    let answer;
    try {
      answer = await fetch(draft.content.action, { method: "POST", body, headers: { "x-csrf-token": token } });
    } catch {
      tell(words.waiting, draft.content.path, named(draft));
      return;
    }
    const { pathname } = new URL(answer.url);
    if (pathname === "/login") return;
    if (answer.ok && pathname.endsWith(`/records/${draft.id}`)) {
      await drafts.drop(draft.id);
      tell(words.sent, pathname, named(draft));
    } else if (answer.status < 500) {
      // Something stands against it: a person decides, at the form, with what was typed.
      await drafts.keep(draft.id, draft.content, false);
      tell(words.look, draft.content.path, named(draft));
    }
  }
}

if (drafts) {
  const saved = /\/records\/([0-9a-f-]{36})$/.exec(location.pathname);
  if (saved) await drafts.drop(saved[1]);
  await sendWaiting();
  window.addEventListener("online", sendWaiting);
  if (location.pathname === "/") await offer();
  const logOut = document.querySelector("form[action='/logout']");
  logOut?.addEventListener("submit", async (event) => {
    event.preventDefault();
    // Logging out must work however the browser keeps things.
    await forgetAll().catch(() => {});
    logOut.submit();
  });
}
