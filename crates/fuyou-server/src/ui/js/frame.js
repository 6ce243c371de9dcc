// On every page of somebody who records: drafts end when the record is saved or the user logs out, and are offered at home.
import { draftsOfPage, forgetAll, timeOf } from "./drafts.js";
import { element } from "./showing.js";

const OFFERED_MAX = 3;
const drafts = draftsOfPage();

async function offer(words) {
  const found = await drafts.all();
  if (!found.length) return;
  const box = element("div", "message notice", "");
  box.setAttribute("role", "status");
  for (const { at, content } of found.slice(0, OFFERED_MAX)) {
    const line = element("p", "", `${words.kept.replace("{time}", timeOf(at))} · ${content.title} `);
    const link = element("a", "", words.goOn);
    link.href = content.path;
    line.append(link);
    box.append(line);
  }
  document.getElementById("main").prepend(box);
}

if (drafts) {
  const saved = /\/records\/([0-9a-f-]{36})$/.exec(location.pathname);
  if (saved) await drafts.drop(saved[1]);
  if (location.pathname === "/") await offer(JSON.parse(document.body.dataset.draftWords));
  const logOut = document.querySelector("form[action='/logout']");
  logOut?.addEventListener("submit", async (event) => {
    event.preventDefault();
    // Logging out must work however the browser keeps things.
    await forgetAll().catch(() => {});
    logOut.submit();
  });
}
