// On every page of somebody who records: records that wait are sent, drafts end when their record is saved or the user
// logs out, and are offered at home; and the worker is started that answers where there is no network.
import { draftsOfPage, dropAheadOf, forgetAll, timeOf } from "./drafts.js";
import { sendWaiting, showCount, tell, words } from "./sending.js";

const OFFERED_MAX = 3;
const LANGUAGES = "fuyou-language";
const drafts = draftsOfPage();

async function offer() {
  const say = words();
  const found = (await drafts.all()).filter((draft) => !draft.waiting);
  for (const draft of found.slice(0, OFFERED_MAX).reverse()) {
    const about = draft.content.refused ? say.look : say.kept.replace("{time}", timeOf(draft.at));
    tell(draft.id, `${about} · ${draft.content.title}`, draft.content.path, say.goOn);
  }
}

async function startWorker() {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/worker.js");
  // In which language to say that there is no network.
  const kept = await caches.open(LANGUAGES);
  await kept.put("/language", new Response(document.documentElement.lang.slice(0, 2)));
}

if (drafts) {
  if (document.body.dataset.aheadOff !== undefined) await dropAheadOf(drafts.owner).catch(() => {});
  startWorker().catch(() => {});
  const saved = /\/records\/([0-9a-f-]{36})$/.exec(location.pathname);
  if (saved) await drafts.drop(saved[1]);
  if (location.pathname === "/") await offer();
  await showCount();
  await sendWaiting();
  window.addEventListener("online", sendWaiting);
  const logOut = document.querySelector("form[action='/logout']");
  logOut?.addEventListener("submit", async (event) => {
    event.preventDefault();
    // Logging out must work however the browser keeps things.
    await forgetAll().catch(() => {});
    logOut.submit();
  });
}
