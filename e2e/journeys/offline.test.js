// The network goes away in mid-visit. The record waits in the browser, survives a crash; the started visit opens again
// although there is no network, and is sent once when there is one. What is refused, or was stored otherwise meanwhile,
// comes back to a person.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import axe from "axe-core";
import { book, crash, daysAgo, fill, go, inCounty, launchWithProfile, logIn, onDisk, password, recordsOf, routine } from "../county.js";
import { networkTo } from "../network.js";

const visit = { ...routine, fundal_height_cm: "24", next_visit_on: daysAgo(-28), weight_kg: "61.5" };
const form = (person) => `${person}/forms/maternal/antenatal`;

async function opened(profile, address) {
  const context = await launchWithProfile(profile, address);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  return { context, page };
}

/** Opens a form and waits until it can be opened without a network. */
async function openForm(page, path) {
  await page.goto(path);
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
}

test("a started visit is finished without a network, and sent once when there is one", { timeout: 240_000 }, async () => {
  await inCounty("offline", async ({ data, address, open, shot }) => {
    const desk = await open("township_worker");
    const person = await book(desk, "江小云", "1994-03-02", 170, 110);
    const network = await networkTo(address);
    const profile = join(data, "profile");
    const first = await opened(profile, network.address);
    try {
      await logIn(first.page, "township_worker");
      await openForm(first.page, form(person));
      await fill(first.page, { weight_kg: "61.5", complaint: "偶有腹胀" });
      await first.page.waitForTimeout(2_000);
      network.cut();
      const kept = await onDisk(first.page);
      assert.deepEqual(kept.counts, { ahead: 0, drafts: 1, forms: 1, locks: 1 });
      for (const word of ["江小云", "腹胀", "61.5", password]) assert.ok(!`${kept.text} ${kept.pages}`.includes(word), `${word} can be read on the disk`);
      await crash(first.context, first.page);

      // Started again without a network: nothing is shown to whoever does not know the password.
      const second = await opened(profile, network.address);
      const page = second.page;
      await page.goto(form(person));
      assert.match(await page.locator("main").innerText(), /没有网络/);
      assert.ok(!(await page.content()).includes("江小云"), "nothing of her stands in the page");
      await shot(page, "1-locked");
      await page.evaluate(axe.source);
      const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
      assert.deepEqual(found.violations.map((one) => one.id), []);
      await page.fill("#offline-password", "not the password");
      await page.click("#locked button");
      await page.locator("#offline-wrong", { hasText: "密码不正确" }).waitFor();
      await page.fill("#offline-password", password);
      await page.click("#locked button");
      await page.locator("form.record").waitFor();
      // The draft is put back a moment after the form.
      await page.waitForFunction(() => document.querySelector("[name='f.complaint']")?.value === "偶有腹胀");
      assert.equal(await page.inputValue("[name='f.weight_kg']"), "61.5");
      assert.match(await page.locator("main").innerText(), /江小云/);

      // It is judged as if there were a network, and saving keeps it.
      await fill(page, { ...visit, systolic_mmhg: "300" });
      await page.locator("[data-field='f.systolic_mmhg'] .wrong").waitFor();
      await fill(page, { systolic_mmhg: "116" });
      await page.locator("#consequence .badge").first().waitFor();
      for (const press of [1, 2]) {
        await page.locator("button[value=save]").click();
        await page.waitForSelector("#offline");
        assert.match(await page.locator("#offline").innerText(), /已保存在本机/, `press ${press}`);
        await page.waitForTimeout(500);
      }
      assert.match(await page.locator("#waiting").innerText(), /待发送 1/);
      await shot(page, "2-waiting");
      await crash(second.context, page);

      // Still no network: the saved record is listed as waiting.
      const third = await opened(profile, network.address);
      const back = third.page;
      await back.goto("/");
      await back.locator("#count", { hasText: "1 条记录等待发送" }).waitFor();
      await back.fill("#offline-password", password);
      await back.click("#locked button");
      await back.locator("main li", { hasText: "江小云" }).waitFor();
      assert.match(await back.locator("main li").innerText(), /等待发送/);
      await shot(back, "3-list");

      // The network is back, the session has ended meanwhile: it waits until somebody logs in.
      await third.context.clearCookies({ name: "fuyou_session" });
      network.mend();
      await back.waitForURL("**/login");
      assert.equal((await onDisk(back)).counts.drafts, 1, "the queue stays");
      await logIn(back, "township_worker");
      await back.waitForSelector("main .message a[href*='/records/']");
      assert.match(await back.locator("main .message", { hasText: "已发送" }).innerText(), /产前随访/);
      await shot(back, "4-sent");
      await back.goto("/");
      await back.waitForLoadState("networkidle");
      assert.equal(await back.locator("main .message a[href*='/records/']").count(), 0, "told once");
      assert.equal(await back.locator("#waiting").count(), 0);
      assert.equal((await recordsOf(back, person)).length, 2, "the booking and one visit");
      await back.waitForLoadState("networkidle");

      // Logging out clears the computer.
      await openForm(back, form(person));
      await go(back, "form[action='/logout'] button");
      assert.deepEqual((await onDisk(back)).counts, { ahead: 0, drafts: 0, forms: 0, locks: 0 });
      network.cut();
      await back.goto(form(person));
      await back.locator("#no-lock").waitFor();
      assert.equal(await back.locator("#offline-password:visible").count(), 0, "nothing can be opened");
      await third.context.close();
    } finally {
      await network.close();
    }
  });
});

test("what stands against a kept record is decided by a person", { timeout: 240_000 }, async () => {
  await inCounty("offline-conflict", async ({ data, address, open, shot }) => {
    const desk = await open("township_worker");
    const person = await book(desk, "江小云", "1994-03-02", 170, 110);
    const network = await networkTo(address);
    const { context, page } = await opened(join(data, "profile"), network.address);
    try {
      await logIn(page, "township_worker");
      await openForm(page, form(person));
      network.cut();
      await fill(page, { ...visit, weight_kg: "300" });
      await page.locator("button[value=save]").click();
      await page.waitForSelector("#offline");
      network.mend();
      await page.evaluate(() => window.dispatchEvent(new Event("online")));
      await page.waitForSelector("main .message >> text=请核对");
      await page.goto("/");
      await go(page, "main .message a[href*='/forms/']");
      await page.locator(".draft button", { hasText: "继续填写" }).click();
      await page.locator("#problems").waitFor();
      assert.equal(await page.inputValue("[name='f.weight_kg']"), "300");
      assert.match(await page.locator("[data-field='f.weight_kg']").innerText(), /应在 25.0 到 220.0 kg 之间/);
      await shot(page, "1-refused");

      // Meanwhile another desk stores the same contact with another weight.
      await desk.goto(form(person));
      await fill(desk, { ...visit, weight_kg: "62.0" });
      await go(desk, "button[value=save]");
      network.cut();
      await fill(page, { weight_kg: "61.5" });
      await page.locator("button[value=save]").click();
      await page.waitForSelector("#offline");
      network.mend();
      await page.evaluate(() => window.dispatchEvent(new Event("online")));
      await page.waitForSelector("main .message >> text=请核对");
      await go(page, "main .message a[href*='/forms/']");
      await page.locator(".draft button", { hasText: "继续填写" }).click();
      await page.locator(".conflict").waitFor();
      const row = await page.locator(".conflict tr", { hasText: "体重" }).innerText();
      assert.match(row, /61\.5 kg\s+62\.0 kg/, "both values side by side");
      await shot(page, "2-conflict");
      assert.equal((await recordsOf(desk, person)).length, 2, "nothing was stored beside it");
      await go(page, "[data-discard]");
      assert.match(await page.locator("main").textContent(), /62\.0 kg/);
      assert.equal((await onDisk(page)).counts.drafts, 0);
      assert.equal((await recordsOf(desk, person)).length, 2);
    } finally {
      await context.close();
      await network.close();
    }
  });
});

test("where three of ten parcels are lost, visits are saved, each once", { timeout: 300_000 }, async () => {
  await inCounty("offline-loss", async ({ data, address, open }) => {
    const desk = await open("township_worker");
    const person = await book(desk, "江小云", "1994-03-02", 170, 110);
    const network = await networkTo(address, 7);
    const { context, page } = await opened(join(data, "profile"), network.address);
    try {
      await logIn(page, "township_worker");
      await openForm(page, form(person));
      network.lose(0.3);
      for (let number = 0; number < 5; number += 1) {
        // A page that does not come is asked for again, by a person when need be.
        for (let tried = 0; tried < 20; tried += 1) {
          await page.goto(form(person)).catch(() => {});
          if (await page.locator("form.record").count()) break;
        }
        await page.locator("form.record").waitFor();
        await fill(page, { ...visit, occurred_on: daysAgo(60 - 7 * number), next_visit_on: daysAgo(50 - 7 * number), weight_kg: `6${number}.0`, fundal_height_cm: `${16 + number}` });
        await page.waitForTimeout(500);
        for (const ask of await page.locator(".ask input:visible").all()) await ask.fill("已核对");
        await page.locator("button[value=save]").click();
        await page.locator("#offline, .outcome, #problems").first().waitFor();
        if (await page.locator("#problems").count()) {
          for (const ask of await page.locator(".ask input:visible").all()) await ask.fill("已核对");
          await page.locator("button[value=save]").click();
          await page.locator("#offline, .outcome").first().waitFor();
        }
      }
      network.lose(0);
      await page.goto("/");
      await page.waitForLoadState("networkidle");
      await page.waitForFunction(() => !document.getElementById("waiting"));
      console.log(`parcels passed ${network.counts.passed}, lost ${network.counts.lost}`);
      assert.ok(network.counts.lost > 5, `only ${network.counts.lost} parcels were lost`);
      assert.equal((await recordsOf(desk, person)).length, 6, "the booking and five visits");
      assert.equal((await onDisk(page)).counts.drafts, 0);
    } finally {
      await context.close();
      await network.close();
    }
  });
});
