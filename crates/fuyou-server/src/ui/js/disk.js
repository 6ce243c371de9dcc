// What this browser keeps: drafts of records, copies of opened forms, the work that was taken along, and the locks behind which these are opened again
// without a network. Nothing stands here unsealed; without a secure connection a browser cannot seal anything, and then
// only drafts are kept, in the tab, and end with it.

export const canSeal = () => globalThis.crypto?.subtle !== undefined && globalThis.indexedDB !== undefined;

/** The stores and what a record of each is found by. */
const STORES = { drafts: "id", forms: "id", locks: "owner", ahead: "id" };
const VERSION = 3;

function settled(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/** A store on the disk. */
class Disk {
  constructor(name) {
    this.name = name;
  }

  async open() {
    const opening = indexedDB.open("fuyou", VERSION);
    opening.onupgradeneeded = () => {
      const database = opening.result;
      for (const [name, keyPath] of Object.entries(STORES)) {
        if (!database.objectStoreNames.contains(name)) database.createObjectStore(name, { keyPath });
      }
    };
    return settled(opening);
  }

  /** Runs `deed` with the store and waits until the disk has it. */
  async with(deed) {
    const database = await this.open();
    try {
      const transaction = database.transaction(this.name, "readwrite", { durability: "strict" });
      const found = await settled(deed(transaction.objectStore(this.name)));
      await new Promise((done, failed) => {
        transaction.oncomplete = done;
        transaction.onabort = () => failed(transaction.error);
      });
      return found;
    } finally {
      database.close();
    }
  }

  put(one) {
    return this.with((store) => store.put(one));
  }

  all() {
    return this.with((store) => store.getAll());
  }

  drop(key) {
    return this.with((store) => store.delete(key));
  }

  clear() {
    return this.with((store) => store.clear());
  }
}

/** A store of this tab. */
class Tab {
  constructor(name) {
    this.prefix = `fuyou.${name}.`;
    this.keyPath = STORES[name];
  }

  names() {
    return Object.keys(sessionStorage).filter((name) => name.startsWith(this.prefix));
  }

  async put(one) {
    sessionStorage.setItem(this.prefix + one[this.keyPath], JSON.stringify(one));
  }

  async all() {
    return this.names().map((name) => JSON.parse(sessionStorage.getItem(name)));
  }

  async drop(key) {
    sessionStorage.removeItem(this.prefix + key);
  }

  async clear() {
    this.names().forEach((name) => sessionStorage.removeItem(name));
  }
}

/** A store that keeps nothing: what is not a draft is not kept unsealed, in no tab either. */
class Nowhere {
  async put() {}
  async all() {
    return [];
  }
  async drop() {}
  async clear() {}
}

const store = (name, otherwise) => (canSeal() ? new Disk(name) : otherwise);

export const drafts = store("drafts", new Tab("drafts"));
export const forms = store("forms", new Nowhere());
export const locks = store("locks", new Nowhere());
export const ahead = store("ahead", new Nowhere());
