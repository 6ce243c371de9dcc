// The lock behind which a user's kept forms are opened where there is no network: the key that seals them, sealed with
// the user's password. It is made at login, lasts a day, and logging out removes it.
import { canSeal, locks } from "./disk.js";

const KEPT_MS = 24 * 3600 * 1000;
const LOCKS_MAX = 8;
// What the OWASP cheat sheet on storing passwords asks of PBKDF2 with SHA-256 (2023).
const ROUNDS = 600_000;

async function keyOf(password, salt, rounds) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(password), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** A lock being made of a password while it is being checked; null where a browser cannot seal. */
export function lockOf(password) {
  if (!canSeal()) return null;
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const key = keyOf(password, salt, ROUNDS);
  return {
    /** Locks a user's secret. */
    async close(owner, secret) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key, new TextEncoder().encode(secret));
      await locks.put({ owner, at: Date.now(), salt, rounds: ROUNDS, iv, sealed });
    },
  };
}

async function living() {
  const found = await locks.all().catch(() => []);
  const old = found.filter((lock) => lock.at < Date.now() - KEPT_MS);
  for (const lock of old) await locks.drop(lock.owner);
  return found.filter((lock) => !old.includes(lock)).sort((a, b) => b.at - a.at).slice(0, LOCKS_MAX);
}

/** Whether anybody can open anything here. */
export async function hasLocks() {
  return (await living()).length > 0;
}

/** The user and the secret that a password opens; null when it opens none. */
export async function unlock(password) {
  for (const { owner, salt, rounds, iv, sealed } of await living()) {
    try {
      const key = await keyOf(password, salt, rounds);
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed);
      return { owner, secret: new TextDecoder().decode(plain) };
    } catch {
      // Not this user's password.
    }
  }
  return null;
}
