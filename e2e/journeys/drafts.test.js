// What was typed and not saved is there again after a crash and after the session ended; a double click saves once;
// logging out leaves nothing behind, and infection findings are never kept.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { book, daysAgo, fill, go, inCounty, launchWithProfile, logIn, routine } from "../county.js";

const form = (person, name = "antenatal") => `${person}/forms/maternal/${name}`;
const visit = { ...routine, fundal_height_cm: "24", next_visit_on: daysAgo(-28), complaint: "偶有腹胀😀", weight_kg: "６１．５" };

/** How many drafts the browser keeps, and whether they can be read without the page. */
const kept = (page) =>
  page.evaluate(async () => {
    const open = indexedDB.open("fuyou");
    const database = await new Promise((done) => (open.onsuccess = () => done(open.result)));
    const all = database.transaction("drafts").objectStore("drafts").getAll();
    const found = await new Promise((done) => (all.onsuccess = () => done(all.result)));
    database.close();
    return { count: found.length, text: JSON.stringify(found) + JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) };
  });

async function hasVisit(page) {
  assert.equal(await page.inputValue("[name='f.complaint']"), visit.complaint);
  assert.equal(await page.inputValue("[name='f.weight_kg']"), visit.weight_kg);
  assert.ok(await page.isChecked("[name='f.visit_mode'][value=clinic]"));
  assert.ok(await page.isChecked("[name='f.guidance'][value=lifestyle]"));
}

test("a draft survives a crash and the end of a session, and a double click saves once", async () => {
  await inCounty("drafts", async ({ data, address, open, shot }) => {
    const page = await open("township_worker");
    const person = await book(page, "云小白", "1994-03-02", 170, 110);

    // The browser dies while somebody types.
    const profile = join(data, "profile");
    const first = await launchWithProfile(profile, address);
    const typing = await first.newPage();
    await logIn(typing, "township_worker");
    await typing.goto(form(person));
    await fill(typing, visit);
    await typing.waitForTimeout(800);
    const draft = await kept(typing);
    assert.equal(draft.count, 1);
    for (const word of ["腹胀", "61.5", "lifestyle", person.split("/").pop()]) assert.ok(!draft.text.includes(word), `${word} can be read on the disk`);
    const died = new Promise((closed) => first.on("close", closed));
    await (await first.newCDPSession(typing)).send("Browser.crash").catch(() => {});
    await died;

    const second = await launchWithProfile(profile, address);
    try {
      const back = await second.newPage();
      back.setDefaultTimeout(20_000);
      await logIn(back, "township_worker");
      await back.waitForSelector("main .message a");
      await shot(back, "1-home-after-the-crash");
      await go(back, "main .message a");
      await back.locator(".draft button", { hasText: "继续填写" }).click();
      await hasVisit(back);
      assert.ok(await back.locator("#consequence .badge").count(), "the form is judged at once");
      await shot(back, "2-after-the-crash");

      // The session ends before it is saved.
      await second.clearCookies({ name: "fuyou_session" });
      await fill(back, { hb_g_per_l: "121" });
      await go(back, "button[value=save]");
      assert.equal(new URL(back.url()).pathname, "/login");
      await logIn(back, "township_worker");
      await go(back, "main .message a");
      await back.locator(".draft button", { hasText: "继续填写" }).click();
      await hasVisit(back);
      assert.equal(await back.inputValue("[name='f.hb_g_per_l']"), "121", "what was typed last is there, too");

      // Two clicks, one record.
      await Promise.all([
        back.waitForURL((url) => /\/records\/[0-9a-f-]{36}$/.test(url.pathname)),
        back.locator("button[value=save]").dblclick(),
      ]);
      await back.waitForLoadState("networkidle");
      assert.equal((await kept(back)).count, 0, "saved: nothing is kept any more");
      const records = async () => {
        await back.goto(person);
        const links = await back.locator("main a[href*='/records/']").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
        return new Set(links.map((link) => link.match(/records\/([0-9a-f-]{36})/)[1])).size;
      };
      // Back from the saved record the form begins anew, as another record.
      await back.goBack();
      await back.waitForLoadState("networkidle");
      assert.match(new URL(back.url()).pathname, /\/forms\//);
      assert.equal(await back.locator(".draft").count(), 0);
      assert.equal(await records(), 2, "the booking and one visit");
    } finally {
      await second.close();
    }
  });
});

test("logging out leaves nothing behind, and some things are never kept", async () => {
  await inCounty("drafts-shared", async ({ open, shot }) => {
    const page = await open("county_worker");
    const person = await book(page, "苏小白", "1994-03-02", 170, 110);
    await page.goto(form(person, "pmtct"));
    const secret = page.locator("[data-unkept] input[type=text]:visible").first();
    const open_ = page.locator("[data-field]:not([data-unkept]) input[type=text]:visible").nth(1);
    const choice = page.locator("[data-unkept] input[type=radio]:visible").first();
    await choice.check();
    const name = await choice.getAttribute("name");
    if (await open_.count()) await open_.fill("x1");
    if (await secret.count()) await secret.fill("13");
    await page.waitForTimeout(800);
    assert.equal((await kept(page)).count, 1);
    await page.reload();
    await page.locator(".draft button", { hasText: "继续填写" }).click();
    assert.equal(await page.isChecked(`[name="${name}"]:not([value=""])`).catch(() => false), false, "an infection finding is not kept");
    assert.equal(await page.locator(`[name="${name}"]:checked:not([value=""])`).count(), 0, "an infection finding is not kept");

    // Ten thousand characters are a note; one more is told at once, and by the server.
    await page.goto(form(person));
    await fill(page, { ...visit, complaint: "头".repeat(10_001) });
    assert.match(await page.locator("[data-field='f.complaint']").innerText(), /最多 10000 个字/);
    await go(page, "button[value=save]");
    assert.match(await page.locator("[data-field='f.complaint']").innerText(), /最多 10000 个字/);
    await shot(page, "1-too-long");
    await fill(page, { complaint: "头".repeat(10_000) });
    assert.equal(await page.locator("[data-field='f.complaint'] .wrong").count(), 0);
    await page.waitForTimeout(800);
    assert.ok((await kept(page)).count >= 1);

    // Somebody else at the same computer.
    await page.context().clearCookies({ name: "fuyou_session" });
    await logIn(page, "township_worker");
    assert.equal(await page.locator("main .message a").count(), 0, "another user is not offered the draft");
    await page.goto(form(person));
    await page.waitForLoadState("networkidle");
    assert.equal(await page.locator(".draft").count(), 0);
    await go(page, "form[action='/logout'] button");
    assert.equal(new URL(page.url()).pathname, "/login");
    assert.equal((await kept(page)).count, 0, "logging out forgets all drafts of the computer");
  });
});
