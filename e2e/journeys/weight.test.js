// What pages weigh on the wire: a work list under 60 KB, and what a first visit loads besides.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { artifacts, inDemo } from "../county.js";

const LIST_BYTES_MAX = 60_000;

test("a work list is under 60 KB", { timeout: 300_000 }, async () => {
  await inDemo("weight", 12_000, async ({ open }) => {
    const lines = [];
    for (const role of ["village", "township", "nurse", "county"]) {
      const page = await open(role);
      const client = await page.context().newCDPSession(page);
      await client.send("Network.enable");
      await client.send("Network.setCacheDisabled", { cacheDisabled: true });
      await client.send("Network.setBypassServiceWorker", { bypass: true });
      const paths = ["/", ...(await page.$$eval("main .counts a", (all) => all.map((one) => one.getAttribute("href")))), "/lists/maternal/pregnant"];
      for (const path of new Set(paths)) {
        const sizes = new Map();
        const kinds = new Map();
        const seen = (event) => kinds.set(event.requestId, event.type);
        const done = (event) => sizes.set(event.requestId, event.encodedDataLength);
        client.on("Network.responseReceived", seen);
        client.on("Network.loadingFinished", done);
        const answer = await page.goto(path);
        await page.waitForLoadState("networkidle");
        client.off("Network.responseReceived", seen);
        client.off("Network.loadingFinished", done);
        const plain = Buffer.byteLength(await answer.text());
        const [document] = [...kinds].filter(([, kind]) => kind === "Document").map(([id]) => sizes.get(id));
        const all = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
        lines.push(`${role} ${path.split("?")[0]}${path.includes("?") ? "?…" : ""} rows=${await page.locator("tbody tr").count()} page=${document} of ${plain} all=${all}`);
        assert.ok(document < LIST_BYTES_MAX, lines.at(-1));
        assert.ok(plain < 8_000 || document * 2 < plain, `not compressed: ${lines.at(-1)}`);
      }
      await page.context().close();
    }
    console.log(lines.join("\n"));
    writeFileSync(join(artifacts, "weight.txt"), `${lines.join("\n")}\n`);
  });
});
