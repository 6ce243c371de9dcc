// The network goes away in mid-visit: the record waits in the browser, survives a crash, and is sent once when the
// network is back. One that is refused comes back to a person.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { book, daysAgo, fill, go, inCounty, launchWithProfile, logIn, routine } from "../county.js";

const visit = { ...routine, fundal_height_cm: "24", next_visit_on: daysAgo(-28), weight_kg: "61.5" };

test("a record saved without a network is sent once when there is one", async () => {
  await inCounty("offline", async ({ data, address, open, shot }) => {
    const desk = await open("township_worker");
    const person = await book(desk, "江小云", "1994-03-02", 170, 110);
    const profile = join(data, "profile");
    const first = await launchWithProfile(profile, address);
    const page = await first.newPage();
    page.setDefaultTimeout(20_000);
    await logIn(page, "township_worker");
    await page.goto(`${person}/forms/maternal/antenatal`);
    await page.waitForLoadState("networkidle");
    await first.setOffline(true);
    await fill(page, visit);
    await page.locator("button[value=save]").click();
    await page.waitForSelector("#offline");
    assert.match(await page.locator("#offline").innerText(), /已保存在本机/);
    await page.locator("button[value=save]").click();
    await page.waitForTimeout(500);
    await shot(page, "1-no-network");
    const died = new Promise((closed) => first.on("close", closed));
    await (await first.newCDPSession(page)).send("Browser.crash").catch(() => {});
    await died;

    const second = await launchWithProfile(profile, address);
    try {
      const back = await second.newPage();
      back.setDefaultTimeout(20_000);
      await logIn(back, "township_worker");
      await back.waitForSelector("main .message a[href*='/records/']");
      assert.match(await back.locator("main .message", { hasText: "已发送" }).innerText(), /产前随访/);
      await shot(back, "2-sent");
      await back.goto("/");
      await back.waitForLoadState("networkidle");
      assert.equal(await back.locator("main .message a[href*='/records/']").count(), 0, "told once");
      const records = async () => {
        await back.goto(person);
        const links = await back.locator("main a[href*='/records/']").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
        return new Set(links.map((link) => link.match(/records\/([0-9a-f-]{36})/)[1])).size;
      };
      assert.equal(await records(), 2, "the booking and one visit");

      // What the server refuses comes back to the desk with all that was typed.
      await back.goto(`${person}/forms/maternal/antenatal`);
      await back.waitForLoadState("networkidle");
      await second.setOffline(true);
      await fill(back, { ...visit, weight_kg: "300" });
      await back.locator("button[value=save]").click();
      await back.waitForSelector("#offline");
      await second.setOffline(false);
      await back.waitForSelector("main .message >> text=请核对");
      await back.goto("/");
      await go(back, "main .message a[href*='/forms/']");
      await back.locator(".draft button", { hasText: "继续填写" }).click();
      assert.equal(await back.inputValue("[name='f.weight_kg']"), "300");
      assert.match(await back.locator("[data-field='f.weight_kg']").innerText(), /应在 25.0 到 220.0 kg 之间/);
      await shot(back, "3-refused");
      assert.equal(await records(), 2);
    } finally {
      await second.close();
    }
  });
});
