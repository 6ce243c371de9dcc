// Every page that a role reaches from its first page: an automated audit of WCAG 2.2 AA, in both languages, on a desk
// and on a phone, by day and by night, and no page scrolls sideways. What was seen is written to artifacts/audit.txt.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import axe from "axe-core";
import { artifacts, inDemo } from "../county.js";

const roles = ["village", "township", "nurse", "county", "analyst", "director", "admin", "auditor"];
const looks = [
  { language: "zh-CN", width: 1280 },
  { language: "en", width: 390 },
];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
// Addresses of one kind look alike; the first of each is looked at.
const kind = (path) => path.split("?")[0].replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID").replace(/(lists|indicators|packs)\/[^/]+/, "$1/ONE").replace(/(forms|lists\/ONE)\/.*/, "$1/ONE");

async function links(page) {
  const all = await page.$$eval("a[href^='/']", (found) => found.map((one) => one.getAttribute("href").split("#")[0]));
  return all.filter((href) => !/format=|\.docx|\.csv|\.xlsx|\/file/.test(href));
}

async function look(page) {
  await page.evaluate(axe.source);
  const run = () => page.evaluate((tags) => axe.run(document, { runOnly: tags, resultTypes: ["violations"] }), tags);
  const found = await run();
  // By night only colours differ.
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  const night = await page.evaluate(() => axe.run(document, { runOnly: { type: "rule", values: ["color-contrast"] }, resultTypes: ["violations"] }));
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  found.violations.push(...night.violations.map((one) => ({ ...one, id: `${one.id} by night` })));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const wrong = found.violations.map((one) => `${one.id}: ${one.nodes.length} × ${one.nodes[0].html.slice(0, 140)} ${one.nodes[0].any[0]?.message ?? ""}`);
  if (wide > 0) wrong.push(`scrolls sideways by ${wide} px`);
  return wrong;
}

test("every page passes the audit", { timeout: 900_000 }, async () => {
  await inDemo("audit", 12_000, async ({ open }) => {
    const lines = [];
    let failures = 0;
    for (const { language, width } of looks) {
      for (const role of roles) {
        const page = await open(role, { language, width });
        const waiting = ["/"];
        const seen = new Set();
        while (waiting.length && seen.size < 40) {
          const path = waiting.shift();
          if (seen.has(kind(path))) continue;
          seen.add(kind(path));
          const answer = await page.goto(path);
          if (!/html/.test(answer.headers()["content-type"] ?? "")) continue;
          const wrong = await look(page);
          if (answer.status() !== 200) wrong.push(`a link leads to ${answer.status()}`);
          failures += wrong.length;
          lines.push(`${wrong.length ? "FAIL" : "pass"} ${role} ${language} ${width} ${path}`, ...wrong.map((one) => `     ${one}`));
          waiting.push(...(await links(page)));
        }
        await page.context().close();
      }
    }
    const pages = lines.filter((line) => /^(pass|FAIL)/.test(line)).length;
    lines.push(`${pages} pages, ${failures} findings`);
    writeFileSync(join(artifacts, "audit.txt"), lines.join("\n") + "\n");
    assert.ok(pages > 100, `only ${pages} pages were reached`);
    assert.equal(failures, 0, lines.filter((line) => !line.startsWith("pass")).join("\n"));
  });
});
