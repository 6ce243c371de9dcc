// Runs the scripts of the pages over vectors that `cargo test` wrote, in a browser but without a server of ours.
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./county.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const scripts = join(root, "crates/fuyou-server/src/ui/js");

/** The lines of a file of vectors. */
export function vectors(name, crate) {
  const file = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "tmp", name);
  if (!existsSync(file)) throw new Error(`no ${file}: cargo test -p ${crate} writes it`);
  return readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
}

/** An empty page in headless Chromium that can import the scripts of the pages from `/`. */
export async function withScripts(journey) {
  const server = createServer((request, response) => {
    const name = request.url.slice(1);
    const file = join(scripts, name);
    if (/^[a-z]+\.js$/.test(name) && existsSync(file)) {
      response.setHeader("content-type", "text/javascript");
      createReadStream(file).pipe(response);
    } else {
      response.setHeader("content-type", "text/html");
      response.end("<!doctype html><title>vectors</title>");
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  let browser;
  try {
    browser = await launch();
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await journey(page);
  } finally {
    await browser?.close();
    server.close();
  }
}
