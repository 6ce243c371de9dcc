// What was typed into a form and not saved yet, kept in this browser: it survives a crash, a lost network and the end of
// a session, for a day at most. Logging out and saving forget it. A record that was saved without a network waits here,
// sealed as well, until it is sent: it was promised to be kept, so it outlasts a logout, for a week at most.
//
// Computers are shared. What is kept is sealed with a key that the server gives to this user's pages only, so nobody
// else who uses the computer can read it, nor can anybody from the disk. Infection findings are never kept (the page
// says which fields these are). Without a secure connection a browser cannot seal anything: then drafts are kept in the
// tab only and end with it.

const KEPT_MS = 24 * 3600 * 1000;
const WAITING_MS = 7 * KEPT_MS;
const DRAFTS_MAX = 20;

const canSeal = () => globalThis.crypto?.subtle !== undefined && globalThis.indexedDB !== undefined;

function settled(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/** Drafts on the disk. */
class Disk {
  async open() {
    const opening = indexedDB.open("fuyou", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("drafts", { keyPath: "id" });
    return settled(opening);
  }

  /** Runs `deed` with the store and waits until the disk has it. */
  async with(deed) {
    const database = await this.open();
    try {
      const transaction = database.transaction("drafts", "readwrite", { durability: "strict" });
      const found = await settled(deed(transaction.objectStore("drafts")));
      await new Promise((done, failed) => {
        transaction.oncomplete = done;
        transaction.onabort = () => failed(transaction.error);
      });
      return found;
    } finally {
      database.close();
    }
  }

  put(draft) {
    return this.with((store) => store.put(draft));
  }

  all() {
    return this.with((store) => store.getAll());
  }

  drop(id) {
    return this.with((store) => store.delete(id));
  }
}

/** Drafts of this tab. */
class Tab {
  async put(draft) {
    sessionStorage.setItem(`fuyou.draft.${draft.id}`, JSON.stringify(draft));
  }

  names() {
    return Object.keys(sessionStorage).filter((name) => name.startsWith("fuyou.draft."));
  }

  async all() {
    return this.names().map((name) => JSON.parse(sessionStorage.getItem(name)));
  }

  async drop(id) {
    sessionStorage.removeItem(`fuyou.draft.${id}`);
  }
}

const store = canSeal() ? new Disk() : new Tab();

/** Forgets the drafts of everybody on this computer: somebody logs out. What waits to be sent stays, sealed. */
export async function forgetAll() {
  for (const draft of await store.all()) if (!draft.waiting) await store.drop(draft.id);
}

/** The drafts of the user whose page this is; null when the user records nothing. */
export function draftsOfPage() {
  const { drafts, draftKey } = document.body.dataset;
  return drafts ? new Drafts(drafts, draftKey) : null;
}

class Drafts {
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
    if (!canSeal()) return { content };
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(content));
    return { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await this.key(), plain) };
  }

  async unseal({ iv, sealed, content }) {
    if (!sealed) return content;
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await this.key(), sealed);
    return JSON.parse(new TextDecoder().decode(plain));
  }

  /** Keeps what was typed into the form of a record; `waiting` when it shall be sent. Resolves to whether it is kept. */
  keep(id, content, waiting = false) {
    const at = Date.now();
    const kept = this.last.then(async () => {
      // A draft that was dropped meanwhile stays dropped.
      if (this.dropped?.has(id)) return false;
      await store.put({ id, owner: this.owner, at, waiting, ...(await this.seal(content)) });
      return true;
    });
    // A full disk or a private window: there is no draft then.
    this.last = kept.catch(() => false);
    return this.last;
  }

  drop(id) {
    this.dropped = (this.dropped ?? new Set()).add(id);
    this.last = this.last.then(() => store.drop(id)).catch(() => {});
    return this.last;
  }

  /** All drafts of the user, the newest first. What is too old, or cannot be read any more, is forgotten. */
  async all() {
    await this.last;
    const found = [];
    let kept = [];
    try {
      kept = await store.all();
    } catch {
      return found;
    }
    kept.sort((a, b) => b.at - a.at);
    for (const [place, draft] of kept.entries()) {
      const keptFor = draft.waiting ? WAITING_MS : KEPT_MS;
      if (draft.at < Date.now() - keptFor || (place >= DRAFTS_MAX && !draft.waiting)) {
        await store.drop(draft.id);
      } else if (draft.owner === this.owner) {
        try {
          found.push({ id: draft.id, at: draft.at, waiting: draft.waiting, content: await this.unseal(draft) });
        } catch {
          await store.drop(draft.id);
        }
      }
    }
    return found;
  }
}

/** The time of day at which a draft was typed. */
export function timeOf(at) {
  const date = new Date(at);
  return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
}
