// A township worker registers and books a woman, records visits, sees the risk at once and refers her;
// the hospital accepts, she arrives, and the answer comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { daysAgo, fill, go, inCounty, register, routine, save } from "../county.js";

async function record(page, person, form, values) {
  await page.goto(person);
  const link = page.locator(`a[href*="/forms/"][href*="/${form}?"]`).first();
  await page.goto(await link.getAttribute("href"));
  await fill(page, values);
}

test("registers, books, records, sees the risk, refers; the hospital answers", async () => {
  await inCounty("township", async ({ open, shot }) => {
    const page = await open("township_worker");
    await shot(page, "1-work");
    await register(page, "林晓月", "1996-05-01");
    const person = new URL(page.url()).pathname;
    await page.click("main a.button[href*='/forms/maternal/']");
    const booking = {
      occurred_on: daysAgo(110), handbook_no: "2026-1", lmp_certainty: "sure", lmp_on: daysAgo(170), art_conceived: "false",
      edd_method: "lmp", edd_on: daysAgo(170 - 280), gravidity: "1", parity_vaginal: "0", parity_caesarean: "0",
    };
    await fill(page, { ...booking, gravidity: "九十" });
    await go(page, "button[value=save]");
    assert.ok(await page.locator("#problems").count(), "what is wrong is said");
    assert.equal(await page.inputValue("[name='f.handbook_no']"), "2026-1", "what was typed stays");
    await shot(page, "2-refused");
    await fill(page, { gravidity: "１" });
    await save(page);
    await shot(page, "3-booked");

    await record(page, person, "antenatal", { ...routine, occurred_on: daysAgo(50), next_visit_on: daysAgo(22) });
    await save(page);
    await record(page, person, "antenatal", { ...routine, occurred_on: daysAgo(0), next_visit_on: daysAgo(-28), weight_kg: "63.5", systolic_mmhg: "165", diastolic_mmhg: "112", fundal_height_cm: "24", hb_g_per_l: "112", classification: "abnormal" });
    assert.match(await page.locator(".field", { has: page.locator("[name='f.weight_kg']") }).innerText(), /58\.0/, "the last value stands beside the field");
    // The script asks what saving would lead to.
    await page.waitForSelector("#consequence .alert");
    await shot(page, "4-risk-while-typing");
    await page.locator(".field:visible", { hasText: "异常说明" }).locator("input").fill("血压升高");
    for (const ask of await page.locator(".ask input:visible").all()) await ask.fill("复测两次");
    await go(page, "button[value=save]");
    if (await page.locator(".ask input:visible").count()) {
      for (const ask of await page.locator(".ask input:visible").all()) await ask.fill("复测两次");
      await save(page);
    }
    await shot(page, "5-risk");
    assert.ok(await page.locator(".outcome .alert").count(), "the alert is shown at once");

    await page.click(".outcome a[href*='/refer']");
    await page.selectOption("[name=to]", { label: (await page.locator("[name=to] option", { hasText: "云溪县医院" }).textContent()) });
    assert.notEqual(await page.inputValue("[name=reason]"), "", "the reason is proposed");
    // Nothing goes out without what was done and what is asked; an emergency names its escort and the call ahead.
    assert.match(await page.inputValue("[name=findings]"), /\S/, "what is known of her is filled in");
    await page.check("[name=urgency][value=emergency]");
    await page.fill("[name=treatment]", "口服降压药一次");
    await page.fill("[name=asked]", "收住院");
    await go(page, "main form.sheet button");
    assert.match(await page.locator(".message.bad").innerText(), /护送人员/, "an emergency does not travel alone");
    assert.equal(await page.inputValue("[name=treatment]"), "口服降压药一次", "what was typed stays");
    await shot(page, "5-slip-refused");
    await page.fill("[name=transport]", "救护车");
    await page.fill("[name=escort]", "王医生");
    await page.fill("[name='called-ahead']", "09:10 产科值班");
    await go(page, "main form.sheet button");
    assert.equal(new URL(page.url()).pathname, person);
    await shot(page, "6-story");
    await go(page, ".referral a[href*='/referrals/']");
    const slip = await page.locator("main").innerText();
    for (const word of ["危急", "口服降压药一次", "收住院", "王医生", "09:10 产科值班"]) assert.ok(slip.includes(word), `the slip lacks ${word}`);
    await shot(page, "6-slip");
    await page.emulateMedia({ media: "print" });
    assert.ok(!(await page.locator("nav.menu").isVisible()), "the menu is not printed");
    await page.emulateMedia({ media: "screen" });
    const phone = await open("township_worker", { width: 390 });
    await phone.goto(person);
    await shot(phone, "6-story-390");
    await phone.goto("/");
    await shot(phone, "7-work-390");
    await phone.goto(`${person}/forms/maternal/antenatal`);
    await shot(phone, "8-form-390");
    await page.goto("/");
    assert.ok(await page.locator("table.work tbody tr").count(), "there is something to do");
    await shot(page, "7-work");

    const doctor = await open("nurse");
    await doctor.goto("/referrals");
    assert.match(await doctor.locator(".referral-line", { hasText: "林晓月" }).innerText(), /危急/, "the desk shows what cannot wait");
    await shot(doctor, "9-desk");
    const act = async (step, words) => {
      const line = doctor.locator(".referral-line", { hasText: "林晓月" });
      if (words) {
        await line.locator("details", { has: doctor.locator(`button[value=${step}]`) }).locator("summary").click();
        const note = line.locator(`details:has(button[value=${step}]) textarea`);
        if (await note.count()) await note.fill(words);
      }
      await Promise.all([doctor.waitForNavigation(), line.locator(`button[value=${step}]`).click()]);
    };
    await act("accept");
    await act("arrive", "今日到院");
    await act("feedback", "收住院降压治疗");
    await shot(doctor, "10-answered");
    await page.goto(person);
    assert.match(await page.locator(".referral").first().innerText(), /收住院降压治疗/);
    await page.goto("/lists");
    await shot(page, "11-lists");
    await page.goto("/lists/maternal/pregnant");
    assert.match(await page.locator("main").innerText(), /林晓月/);
    await shot(page, "12-list");
  });
});
