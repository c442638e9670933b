// Keeps the page working without a network, after one visit.
//
// The page itself is asked of the network first, so that a new version shows at once; the files that it names
// have names that change with their contents, so what is kept of them is never stale.

/** What to keep, relative to this file; scripts/finish-page.mjs writes the list and its fingerprint. */
const FILES = [];
const FINGERPRINT = "";

const prefix = `mini-raft ${registration.scope} `;
const cacheName = prefix + FINGERPRINT;
const kept = new Set(FILES.map((file) => new URL(file, registration.scope).href));

addEventListener("install", (event) => {
  // Past the browser's own cache, which may hold an older page that names other files.
  const requests = [...kept].map((url) => new Request(url, { cache: "reload" }));
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(requests)));
});

addEventListener("activate", (event) => {
  event.waitUntil(forgetOlderVersions());
});

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  url.hash = url.search = "";
  if (event.request.method !== "GET" || !kept.has(url.href)) return;
  event.respondWith(event.request.mode === "navigate" ? fromNetworkFirst(event.request, url) : fromCacheFirst(url));
});

async function fromNetworkFirst(request, url) {
  try {
    return await fetch(request);
  } catch (unreachable) {
    const page = await caches.match(url, { cacheName, ignoreVary: true });
    if (page) return page;
    throw unreachable;
  }
}

async function fromCacheFirst(url) {
  return (await caches.match(url, { cacheName, ignoreVary: true })) ?? fetch(url);
}

async function forgetOlderVersions() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(prefix) && name !== cacheName);
  await Promise.all(older.map((name) => caches.delete(name)));
}
