// Every page that a role reaches from its first page, in both languages, on a desk and on a phone, by day and by night:
// an automated audit of WCAG 2.2 AA, nothing wider than the screen, and no word of the other language. A picture of each
// kind of page is kept in artifacts/audit, what was seen in artifacts/audit.txt.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import axe from "axe-core";
import { artifacts, inDemo } from "../county.js";

const roles = ["village", "township", "nurse", "county", "analyst", "director", "admin", "auditor"];
const looks = [
  { language: "zh-CN", width: 1280 },
  { language: "en", width: 1280 },
  { language: "zh-CN", width: 390 },
  { language: "en", width: 390 },
];
const PAGES_MAX = Number(process.env.AUDIT_PAGES ?? 40);
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const pictures = join(artifacts, "audit");
// Addresses of one kind look alike; the first of each is looked at.
const kind = (path) => path.split("?")[0].replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID").replace(/(lists|indicators|packs)\/[^/]+/, "$1/ONE").replace(/(forms|lists\/ONE)\/.*/, "$1/ONE");

// What stands in the other language on purpose. In English pages: names of people and places, what was typed or
// imported, and the word for Chinese itself. In Chinese pages: units, codes, abbreviations, ids of packs.
const CHINESE = /[\u4e00-\u9fff]{2,}/g;
const OWN_WORD = "[lang='zh'], [lang='zh-CN'], [data-told]";
// What was typed or recorded is shown as it is: the last value beside a field, a colleague, an imported plan.
const RECORDED = ".who, .brand, select#organization, [list], td a, datalist option, .hint.last, .hint.named";
// Pages whose first heading is a name, and pages that show a text which somebody else wrote.
const NAMED = ["/persons/ID", "/staff/ID", "/users/ID"];
const QUOTING = ["/plans/ID"];

async function links(page) {
  const all = await page.$$eval("a[href^='/']", (found) => found.map((one) => one.getAttribute("href").split("#")[0]));
  return all.filter((href) => !/format=|\.docx|\.csv|\.xlsx|\/file/.test(href));
}

/** Texts of the interface itself, which must be in the language of the page: buttons, labels, headings of tables, menus. */
async function foreign(page, language, where) {
  const skip = [OWN_WORD, RECORDED, NAMED.includes(where) ? "h1" : "", QUOTING.includes(where) ? "main" : ""].filter(Boolean).join();
  const said = await page.evaluate((skip) => {
    const chosen = "button, label, legend, th, summary, nav a, h1, h2, h3, h4, dt, .hint, .empty, .badge, a.button, option";
    return [...document.querySelectorAll(chosen)]
      .filter((one) => !one.closest(skip) && one.offsetParent !== null)
      .map((one) => [...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent.trim()).join(" ").trim())
      .filter(Boolean);
  }, skip);
  if (language === "en") return said.filter((text) => text.match(CHINESE));
  // A Chinese page has English sentences nowhere: three words in a row are one.
  return said.filter((text) => /[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}/.test(text));
}

async function look(page) {
  await page.evaluate(axe.source);
  const run = () => page.evaluate((tags) => axe.run(document, { runOnly: tags, resultTypes: ["violations"] }), tags);
  const found = await run();
  // By night only colours differ.
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  const night = await page.evaluate(() => axe.run(document, { runOnly: { type: "rule", values: ["color-contrast"] }, resultTypes: ["violations"] }));
  const wideByNight = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  found.violations.push(...night.violations.map((one) => ({ ...one, id: `${one.id} by night` })));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const wrong = found.violations.map((one) => `${one.id}: ${one.nodes.length} × ${one.nodes[0].html.slice(0, 140)} ${one.nodes[0].any[0]?.message ?? ""}`);
  if (wide > 0) wrong.push(`scrolls sideways by ${wide} px`);
  if (wideByNight > 0) wrong.push(`scrolls sideways by ${wideByNight} px by night`);
  return wrong;
}

async function picture(page, name) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.screenshot({ path: join(pictures, `${name}-${scheme}.png`), clip: undefined });
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
}

test("every page passes the audit", { timeout: 3_600_000 }, async () => {
  rmSync(pictures, { recursive: true, force: true });
  mkdirSync(pictures, { recursive: true });
  await inDemo("audit", 12_000, async ({ open }) => {
    const lines = [];
    const strange = new Map();
    let failures = 0;
    for (const { language, width } of looks) {
      const drawn = new Set();
      for (const role of roles) {
        const page = await open(role, { language, width });
        const waiting = ["/"];
        const seen = new Set();
        while (waiting.length && seen.size < PAGES_MAX) {
          const path = waiting.shift();
          if (seen.has(kind(path))) continue;
          seen.add(kind(path));
          const answer = await page.goto(path);
          if (!/html/.test(answer.headers()["content-type"] ?? "")) continue;
          const wrong = await look(page);
          if (answer.status() !== 200) wrong.push(`a link leads to ${answer.status()}`);
          for (const text of await foreign(page, language.slice(0, 2), kind(path))) strange.set(text.slice(0, 60), `${role} ${language} ${kind(path)}`);
          failures += wrong.length;
          lines.push(`${wrong.length ? "FAIL" : "pass"} ${role} ${language} ${width} ${path}`, ...wrong.map((one) => `     ${one}`));
          // Pages of one kind are drawn once; the first page of a role is its own.
          const shape = path === "/" ? `home-${role}` : kind(path);
          if (!drawn.has(shape)) {
            drawn.add(shape);
            await picture(page, `${shape.replace(/[^a-zA-Z]+/g, "_").replace(/^_/, "")}-${language.slice(0, 2)}-${width}`);
          }
          waiting.push(...(await links(page)));
        }
        await page.context().close();
      }
    }
    const pages = lines.filter((line) => /^(pass|FAIL)/.test(line)).length;
    lines.push(`${pages} pages by day and by night, ${failures} findings, ${strange.size} texts of the other language`);
    for (const [text, where] of strange) lines.push(`other language: ${where}: ${text}`);
    writeFileSync(join(artifacts, "audit.txt"), lines.join("\n") + "\n");
    console.log(lines.find((line) => / pages by day/.test(line)));
    assert.ok(pages > 200 || PAGES_MAX < 40, `only ${pages} pages were reached`);
    assert.equal(failures, 0, lines.filter((line) => !line.startsWith("pass")).join("\n"));
    const unknown = [...strange].filter(([text]) => !isExpected(text));
    assert.deepEqual(unknown, [], "texts of the interface in the other language");
  });
});

// Places of the simulated county have names that say so, wherever they stand.
function isExpected(text) {
  return /模拟|made-up county/.test(text);
}
