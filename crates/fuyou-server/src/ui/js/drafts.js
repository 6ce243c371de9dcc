// What was typed into a form and not saved yet, kept in this browser: it survives a crash, a lost network and the end of
// a session, for a day at most. Logging out and saving forget it. A record that was saved without a network waits here,
// sealed as well, until it is sent: it was promised to be kept, so it outlasts a logout, for a week at most.
// Beside a draft stands a copy of its form as it was opened, so that it opens again where there is no network.
//
// Computers are shared. What is kept is sealed with a key that the server gives to this user's pages only, so nobody
// else who uses the computer can read it, nor can anybody from the disk. Infection findings are never kept (the page
// says which fields these are).
import * as disk from "./disk.js";

const KEPT_MS = 24 * 3600 * 1000;
const WAITING_MS = 7 * KEPT_MS;
const KEPT_MAX = 20;
// A list, and a person and a form for each of its lines.
const AHEAD_MAX = 130;
/** Where a browser remembers that a user wants to take work along. */
export const AHEAD_WANTED = "fuyou.ahead";

/** Forgets what everybody left on this computer: somebody logs out. What waits to be sent stays, sealed. */
export async function forgetAll() {
  await disk.locks.clear();
  await disk.forms.clear();
  await disk.ahead.clear();
  for (const draft of await disk.drafts.all()) if (!draft.waiting) await disk.drafts.drop(draft.id);
}

/** Drops what a user took along: his organization does not want it any more. What waits to be sent stays. */
export async function dropAheadOf(owner) {
  for (const one of await disk.ahead.all()) if (one.owner === owner) await disk.ahead.drop(one.id);
  if (localStorage.getItem(AHEAD_WANTED) === owner) localStorage.removeItem(AHEAD_WANTED);
}

/** The drafts of the user whose page this is; null when the user records nothing. */
export function draftsOfPage() {
  const { drafts, draftKey } = document.body.dataset;
  return drafts ? new Drafts(drafts, unmasked(draftKey)) : null;
}

/** A secret from under its mask: the first half of the bytes is added to the second. */
function unmasked(text) {
  const half = text.length / 2;
  let secret = "";
  for (let at = 0; at < half; at += 1) secret += (parseInt(text[at], 16) ^ parseInt(text[half + at], 16)).toString(16);
  return secret;
}

/** How many records wait on this computer: of everybody. */
export async function countWaiting() {
  return (await disk.drafts.all().catch(() => [])).filter((draft) => draft.waiting).length;
}

export class Drafts {
  /** `owner` names the user to nobody but the server, `secret` seals. */
  constructor(owner, secret) {
    this.owner = owner;
    this.secret = secret;
    // One after the other, or an older draft could overwrite a newer one.
    this.last = Promise.resolve();
  }

  async key() {
    if (!this.made) {
      const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(this.secret));
      this.made = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    }
    return this.made;
  }

  async seal(content) {
    if (!disk.canSeal()) return { content };
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(content));
    return { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await this.key(), plain) };
  }

  async unseal({ iv, sealed, content }) {
    if (!sealed) return content;
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await this.key(), sealed);
    return JSON.parse(new TextDecoder().decode(plain));
  }

  after(deed, otherwise) {
    // A full disk or a private window: nothing is kept then.
    this.last = this.last.then(deed).catch(() => otherwise);
    return this.last;
  }

  /** Keeps what was typed into the form of a record; `waiting` when it shall be sent. Resolves to whether it is kept. */
  keep(id, content, waiting = false) {
    const at = Date.now();
    return this.after(async () => {
      // A draft that was dropped meanwhile stays dropped.
      if (this.dropped?.has(id)) return false;
      await disk.drafts.put({ id, owner: this.owner, at, waiting, ...(await this.seal(content)) });
      return true;
    }, false);
  }

  /** Keeps a form as it was opened. */
  keepForm(id, content) {
    const at = Date.now();
    return this.after(async () => disk.forms.put({ id, owner: this.owner, at, ...(await this.seal(content)) }));
  }

  /** Keeps a page that is taken along: the list, a person, a form. Resolves to whether it is kept. */
  keepAhead(name, content) {
    const at = Date.now();
    return this.after(async () => {
      await disk.ahead.put({ id: await this.hidden(name), owner: this.owner, at, ...(await this.seal({ ...content, key: name })) });
      return true;
    }, false);
  }

  dropAhead(name) {
    return this.after(async () => disk.ahead.drop(await this.hidden(name)));
  }

  /** A name that says nothing to whoever reads the disk. */
  async hidden(name) {
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${this.secret} ${name}`));
    return [...new Uint8Array(bytes)].slice(0, 16).map((one) => one.toString(16).padStart(2, "0")).join("");
  }

  drop(id) {
    this.dropped = (this.dropped ?? new Set()).add(id);
    return this.after(async () => {
      await disk.drafts.drop(id);
      await disk.forms.drop(id);
    });
  }

  /** All of a store that is the user's, the newest first. What is too old, or cannot be read any more, is forgotten. */
  async allOf(store, max = KEPT_MAX) {
    await this.last;
    const found = [];
    const kept = await store.all().catch(() => []);
    kept.sort((a, b) => b.at - a.at);
    for (const [place, one] of kept.entries()) {
      const keptFor = one.waiting ? WAITING_MS : KEPT_MS;
      if (one.at < Date.now() - keptFor || (place >= max && !one.waiting)) {
        await store.drop(one.id);
      } else if (one.owner === this.owner) {
        try {
          found.push({ id: one.id, at: one.at, waiting: Boolean(one.waiting), content: await this.unseal(one) });
        } catch {
          await store.drop(one.id);
        }
      }
    }
    return found;
  }

  /** All drafts of the user, the newest first. */
  all() {
    return this.allOf(disk.drafts);
  }

  /** All that the user took along, by what it is. */
  async ahead() {
    return new Map((await this.allOf(disk.ahead, AHEAD_MAX)).map((one) => [one.content.key, one]));
  }

  /** All forms that the user opened and did not finish, the newest first. */
  forms() {
    return this.allOf(disk.forms);
  }
}

/** The time of day at which a draft was typed. */
export function timeOf(at) {
  const date = new Date(at);
  return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
}
