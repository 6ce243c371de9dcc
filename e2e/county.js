// A county of its own for each journey: a data directory, organizations, one user per role, a server on a free port.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
export const artifacts = join(here, "artifacts");

const organizations = `code,parent_code,name,level,kind,has_midwifery_licence
990000,,云溪县,county,area,0
990000M,990000,云溪县妇幼保健院,county,mch_institute,1
990000H,990000,云溪县医院,county,hospital,1
990001,990000,东湖镇卫生院,township,township_centre,0
990001001,990001,柳村卫生室,village,village_clinic,0
990002,990000,西岭镇卫生院,township,township_centre,0
`;

// Login (also the role), name, organization.
const users = [
  ["village_doctor", "村医小柳", "990001001"],
  ["township_worker", "专干小东", "990001"],
  ["nurse", "医生小县", "990000H"],
  ["county_worker", "妇幼小保", "990000"],
  ["director", "主管", "990000"],
  ["auditor", "审计", "990000"],
  ["administrator", "管理员小系", "990000"],
];
const first = "first password 1";
const second = "another password 2";

function binary() {
  const named = process.env.FUYOU_BINARY;
  if (named) return named;
  const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
  const found = ["release", "debug"].map((kind) => join(target, kind, "fuyou")).find((path) => existsSync(path));
  if (!found) throw new Error("no fuyou binary: build it, or say where it is in FUYOU_BINARY");
  return found;
}

/** What every open page shows, for whoever looks into a failure. */
async function lastSeen(browser, name) {
  const open = browser?.contexts().flatMap((context) => context.pages()) ?? [];
  for (const [at, page] of open.entries()) {
    await page.screenshot({ path: join(artifacts, `${name}-failed-${at}.png`), fullPage: true }).catch(() => {});
  }
}

/** The password of every user of a journey. */
export const password = second;

/** Logs in on a page that is not logged in. */
export async function logIn(page, login, password = second) {
  await page.goto("/login");
  await page.fill("[name=login]", login);
  await page.fill("[name=password]", password);
  await page.click("main button");
  await page.waitForURL((url) => url.pathname === "/");
}

/** A browser with a profile on the disk, as people have; closed without it, it starts again with what it kept. */
export function launchWithProfile(profile, address) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launchPersistentContext(profile, { executablePath, args: flags, baseURL: address, locale: "zh-CN", viewport: { width: 1280, height: 900 } });
}

function pages(browser, address, faults, password = second) {
  return async (login, { width = 1280, language = "zh-CN" } = {}) => {
    const context = await browser.newContext({ baseURL: address, locale: language, viewport: { width, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on("console", (message) => {
      // What the browser could not load is the journey's business.
      if (message.type() === "error" && !/Failed to load resource|net::ERR/.test(message.text())) faults.push(message.text());
    });
    page.on("pageerror", (fault) => faults.push(String(fault)));
    await logIn(page, login, password);
    return page;
  };
}

async function changePassword(address, login) {
  // Through the forms, as a person does it.
  const cookies = new Map();
  const send = async (path, body) => {
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    const answer = await fetch(address + path, {
      method: body ? "POST" : "GET",
      redirect: "manual",
      headers,
      body: body && new URLSearchParams(body),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split("=");
      cookies.set(name, value);
    }
    return answer;
  };
  await send("/login", { login, password: first });
  const page = await (await send("/password")).text();
  const names = [...page.matchAll(/name="([a-z_]+)" type="password"/g)].map((found) => found[1]);
  const csrf = page.match(/name="csrf" value="([^"]+)"/)[1];
  const body = { csrf };
  names.forEach((name, at) => (body[name] = at === 0 ? first : second));
  const answer = await send("/password", body);
  if (answer.status !== 303) throw new Error(`${login} cannot change the password: ${answer.status}`);
}

const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** A headless browser. */
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
}

/** Stops a server and waits until it has closed its files. */
async function stop(server) {
  if (!server || server.exitCode !== null) return;
  const stopped = new Promise((done) => server.once("exit", done));
  server.kill("SIGTERM");
  await stopped;
}

/** Starts a server, waits for its address, runs the journey in a browser, and stops both whatever happens. */
async function against(name, args, password, prepare, journey) {
  mkdirSync(artifacts, { recursive: true });
  const data = mkdtempSync(join(tmpdir(), "fuyou-e2e-"));
  const fuyou = binary();
  const run = (args, input) => execFileSync(fuyou, [...args, "--data", join(data, "data")], { cwd: root, input, stdio: ["pipe", "pipe", "pipe"] });
  let server;
  let browser;
  const faults = [];
  try {
    await prepare?.(run, data);
    server = spawn(fuyou, args(data), { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let trouble = "";
    server.stderr.on("data", (text) => (trouble += text));
    const address = await new Promise((ready, failed) => {
      let said = "";
      server.stdout.on("data", (text) => {
        said += text;
        const found = said.match(/http:\/\/[0-9.:]+/);
        if (found) ready(found[0]);
      });
      server.on("exit", (code) => failed(new Error(`the server stopped with ${code}: ${trouble}`)));
    });
    if (password === second) for (const [login] of users) await changePassword(address, login);
    browser = await launch();
    await journey({
      data,
      browser,
      address,
      open: pages(browser, address, faults, password),
      shot: (page, what) => page.screenshot({ path: join(artifacts, `${name}-${what}.png`), fullPage: true }),
    });
    if (faults.length) throw new Error(`a script failed: ${faults.join("; ")}`);
    if (trouble.includes("ERROR")) throw new Error(`the server complained: ${trouble}`);
  } catch (failure) {
    await lastSeen(browser, name);
    throw failure;
  } finally {
    await browser?.close();
    await stop(server);
    rmSync(data, { recursive: true, force: true });
  }
}

/** An empty county with one user per role. */
export async function inCounty(name, journey) {
  const prepare = (run, data) => {
    writeFileSync(join(data, "organizations.csv"), organizations);
    run(["organization", "import", join(data, "organizations.csv")]);
    for (const [login, person, code] of users) {
      run(["user", "add", login, "--name", person, "--role", login, "--organization", code], `${first}\n`);
    }
  };
  const args = (data) => ["serve", "--listen", "127.0.0.1:0", "--county-name", "云溪县", "--pack", "cn", "--data", join(data, "data")];
  await against(name, args, second, prepare, journey);
}

/** A simulated county with two years of care and an adopted plan. Its logins are village, township, county, director … */
export async function inDemo(name, population, journey) {
  const args = (data) => ["demo", "--population", String(population), "--county", join(data, "county"), "--listen", "127.0.0.1:0"];
  await against(name, args, "yunling-demo-2026", null, journey);
}

/** Opens a form from the page of a person and fills it in. */
export async function fillForm(page, person, form, values) {
  await page.goto(person);
  const link = page.locator(`a[href*="/forms/"][href*="/${form}?"]`).first();
  await page.goto(await link.getAttribute("href"));
  await fill(page, values);
}

/** Saves; what is unusual is explained once. */
export async function saveExplained(page, reason = "已核对") {
  await page.waitForTimeout(500);
  for (const ask of await page.locator(".ask input:visible").all()) await ask.fill(reason);
  await go(page, "button[value=save]");
  if (await page.locator(".ask input:visible").count()) {
    for (const ask of await page.locator(".ask input:visible").all()) await ask.fill(reason);
    await save(page);
    return;
  }
  if (!/\/records\/[0-9a-f-]{36}$/.test(new URL(page.url()).pathname)) await save(page);
}

/** Books a woman whose last period began so many days ago and returns the path of her page. */
export async function book(page, name, birth, lmp, booked = Math.max(lmp - 60, 0)) {
  await register(page, name, birth);
  const person = new URL(page.url()).pathname;
  await page.click("main a.button[href*='/forms/maternal/']");
  await fill(page, {
    occurred_on: daysAgo(booked), handbook_no: "7", lmp_certainty: "sure", lmp_on: daysAgo(lmp), art_conceived: "false",
    edd_method: "lmp", edd_on: daysAgo(lmp - 280), gravidity: "1", parity_vaginal: "0", parity_caesarean: "0",
  });
  await saveExplained(page);
  return person;
}

/** What an ordinary antenatal visit finds. */
export const routine = {
  visit_mode: "clinic", complaint: "无", critical_signs: "none", weight_kg: "58.0", fundal_height_cm: "20",
  systolic_mmhg: "116", diastolic_mmhg: "72", hb_g_per_l: "118", urine_protein: "neg", fetal_heart_rate: "140",
  classification: "normal", guidance: "lifestyle", referred: "false", doctor: "D1",
};

/** The ids of the records on the page of a woman. */
export async function recordsOf(page, person) {
  await page.goto(person);
  const links = await page.locator("main a[href*='/records/']").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
  return [...new Set(links.map((link) => link.match(/records\/([0-9a-f-]{36})/)[1]))];
}

/** What the browser keeps, as counts and as text, sealed or not: its database and the pages of its worker. */
export const onDisk = (page) =>
  page.evaluate(async () => {
    const open = indexedDB.open("fuyou");
    const database = await new Promise((done) => (open.onsuccess = () => done(open.result)));
    const found = {};
    for (const name of database.objectStoreNames) {
      const all = database.transaction(name).objectStore(name).getAll();
      found[name] = await new Promise((done) => (all.onsuccess = () => done(all.result)));
    }
    database.close();
    const plain = JSON.stringify(found, (_, one) => (one instanceof ArrayBuffer || ArrayBuffer.isView(one) ? new TextDecoder().decode(one) : one));
    let pages = "";
    for (const name of await caches.keys()) {
      const shelf = await caches.open(name);
      for (const request of await shelf.keys()) pages += await (await shelf.match(request)).text();
    }
    return { counts: Object.fromEntries(Object.entries(found).map(([name, all]) => [name, all.length])), text: plain, pages };
  });

/** Crashes a browser with a profile. */
export async function crash(context, page) {
  const died = new Promise((closed) => context.on("close", closed));
  await (await context.newCDPSession(page)).send("Browser.crash").catch(() => {});
  await died;
}

/** Sends a woman to the county hospital with a filled slip. */
export async function refer(page, person, kind, values) {
  await page.goto(person);
  const enrollment = await page.locator("a[href*='/enrollments/']").first().getAttribute("href");
  const id = enrollment.match(/enrollments\/([0-9a-f-]{36})/)[1];
  await page.goto(`${person}/refer?enrollment=${id}&kind=${kind}`);
  await page.selectOption("[name=to]", { label: await page.locator("[name=to] option", { hasText: "云溪县医院" }).textContent() });
  for (const [name, value] of Object.entries(values)) {
    if (name === "urgency") await page.check(`[name=urgency][value=${value}]`);
    else await page.fill(`main [name="${name}"]`, value);
  }
  await go(page, "main form.sheet button");
}

/** The day so many days before today, as it is typed. */
export function daysAgo(days) {
  const day = new Date(Date.now() - days * 86_400_000);
  // The county's day, eight hours ahead of UTC.
  return new Date(day.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
}

/** Registers a woman and stays on her page. */
export async function register(page, name, birth, village = "柳村卫生室") {
  await page.goto("/persons/new");
  await page.fill("[name=name]", name);
  await page.selectOption("[name=id_type]", "none");
  await page.selectOption("[name=sex]", "female");
  await page.fill("[name=birth_on]", birth);
  const option = page.locator("[name=residence] option", { hasText: village });
  await page.selectOption("[name=residence]", await option.getAttribute("value"));
  await page.click("main form.sheet button");
  await page.waitForURL((url) => /\/persons\/[0-9a-f-]{36}$/.test(url.pathname));
}

/** Fills fields of a record by id: a text, a code, or several codes. */
export async function fill(page, values) {
  // A form that opens short is opened whole.
  if (await page.locator("[data-field][data-usual]").count()) {
    await page.locator(".card.usual").waitFor({ state: "attached" });
    if (await page.locator("form.brief").count()) await page.locator(".card.usual .link").click();
  }
  for (const [id, value] of Object.entries(values)) {
    const name = id.includes(".") || id === "occurred_on" || id === "why" ? id : `f.${id}`;
    for (const one of Array.isArray(value) ? value : [value]) {
      const choice = page.locator(`input[name="${name}"][value="${one}"]`);
      const kind = await choice.first().getAttribute("type", { timeout: 300 }).catch(() => null);
      if (kind === "radio" || kind === "checkbox") await choice.first().check();
      else if (await page.locator(`select[name="${name}"]`).count()) await page.selectOption(`select[name="${name}"]`, one);
      else await page.fill(`input[name="${name}"]`, one);
    }
  }
}

/** Clicks and waits for what answers: another page, or what is wrong in the place of this one. */
export async function go(page, what) {
  await page.evaluate(() => (document.getElementById("main").dataset.old = ""));
  await page.locator(what).first().click();
  await page.waitForFunction(() => document.getElementById("main") && !document.querySelector("#main[data-old]"));
  await page.waitForLoadState("load");
}

/** Saves and waits for what it led to. */
export async function save(page) {
  await go(page, "button[value=save]");
  const problems = await page.locator(".wrong:visible, .ask:visible, .message.bad").allTextContents();
  if (!/\/records\/[0-9a-f-]{36}$/.test(new URL(page.url()).pathname)) throw new Error(`not saved: ${problems.join(" | ")}`);
}
