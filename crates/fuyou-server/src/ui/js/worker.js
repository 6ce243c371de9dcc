// Answers for the server where there is no network: scripts and styles from what this browser keeps, and one page that
// opens what the user had open. No page of a person is kept here; what is kept of forms is sealed elsewhere.
const KEPT = [];
const SHELF = "fuyou-0";
const SHEETS = "fuyou-sheets";
const LANGUAGES = "fuyou-language";
const SHEETS_MAX = 60;
const TRIES_MAX = 3;
const REST_MS = 300;

const isAsset = (path) => path.startsWith("/assets/");
// Named by their content, and about no person.
const isSheet = (path) => /^\/forms\/[^/]+\/[^/]+\/[^/]+$/.test(path);

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(SHELF).then((shelf) => shelf.addAll(KEPT)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (![SHELF, SHEETS, LANGUAGES].includes(name)) await caches.delete(name);
      await self.registration.navigationPreload?.enable();
      await self.clients.claim();
    })(),
  );
});

async function asset(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

async function sheet(request) {
  const shelf = await caches.open(SHEETS);
  const known = await shelf.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok && !answer.redirected) {
    const names = await shelf.keys();
    for (const old of names.slice(0, Math.max(0, names.length - SHEETS_MAX + 1))) await shelf.delete(old);
    await shelf.put(request, answer.clone());
  }
  return answer;
}

async function shell() {
  const language = await (await caches.match("/language", { cacheName: LANGUAGES }))?.text();
  const page = await caches.match(`/offline/${language ?? "zh"}`, { cacheName: SHELF });
  return page ?? Response.error();
}

/** A page from the server; when it does not come however often it is asked for, the page of no network. */
async function page(event) {
  for (let tried = 0; tried < TRIES_MAX; tried += 1) {
    try {
      return (tried === 0 && (await event.preloadResponse)) || (await fetch(event.request));
    } catch {
      if (self.navigator.onLine === false) break;
      await new Promise((done) => setTimeout(done, REST_MS * (tried + 1)));
    }
  }
  return shell();
}

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (origin !== self.location.origin) return;
  if (method === "GET" && mode === "navigate") event.respondWith(page(event));
  else if (method === "GET" && isAsset(pathname)) event.respondWith(asset(event.request));
  else if (method === "GET" && isSheet(pathname)) event.respondWith(sheet(event.request));
  else if (method === "POST" && pathname === "/logout") event.respondWith(fetch(event.request).catch(shell));
});
