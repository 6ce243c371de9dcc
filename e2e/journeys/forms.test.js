// The scripts of a form say what the server says: hundreds of typed forms of the national pack, each with a history.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { vectors, withScripts } from "../vectors.js";

test("a form means the same in the browser", async () => {
  const [{ seed, sheets, readings }, ...forms] = vectors("browser-forms.json", "fuyou-pack");
  const bytes = (sheet) => [JSON.stringify(sheet), gzipSync(JSON.stringify(sheet))].map((text) => Buffer.byteLength(text));
  const [raw, zipped] = bytes(sheets["maternal.antenatal"]);
  console.log(`the sheet of the antenatal form: ${raw} bytes, ${zipped} compressed`);
  assert.ok(raw < 60_000, "the sheet stays small");
  await withScripts(async (page) => {
    const found = await page.evaluate(
      async ({ sheets, forms, readings }) => {
        const { Desk } = await import("/desk.js");
        const { outlook } = await import("/outlook.js");
        const { AskServer, readTyped } = await import("/reading.js");
        const text = JSON.stringify;
        const byKey = (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
        const checked = (desk) => ({
          shown: desk.shown,
          groups: desk.shownGroups,
          required: desk.required(),
          values: desk.values,
          rows: desk.groups,
          cells: desk.groups.map((rows, group) => rows.map((row, at) => row.map((_, column) => desk.cell(group, at, column)))),
          findings: desk.findings.map((one) => [desk.key(one), one.refuse, one.message]).sort(byKey),
        });
        const different = [];
        const asked = {};
        let decided = 0;
        let read = 0;
        for (const [form, id, typed, value, message] of readings) {
          const field = sheets[form].fields?.find((one) => one?.id === id);
          if (!field) continue;
          read += 1;
          const exact = (one) => (one?.n ? `${one.n}n` : typeof one === "bigint" ? `${one}n` : one);
          const found = readTyped(field, typed, sheets[form].texts);
          if (text([exact(found.value), found.bad]) !== text([exact(value), message])) {
            different.push([field.kind, typed, text([exact(found.value), found.bad]), text([exact(value), message])]);
          }
        }
        for (const form of forms) {
          try {
            const desk = new Desk(sheets[form.form], form.standing, (name) => form.typed[name] ?? "");
            for (const [part, value] of Object.entries(checked(desk))) {
              const [ours, theirs] = part === "findings" ? [value, form.checked[part].sort(byKey)] : [value, form.checked[part]];
              if (text(ours) !== text(theirs)) different.push([form.form, part, text(ours), text(theirs)]);
            }
            const { level, marks, scores, why, partial } = outlook(desk);
            // The server completes it.
            if (partial) throw new AskServer("partial");
            decided += 1;
            const titles = (list) => [...new Set(list)].sort();
            const ours = text({ level, marks, scores, why: titles(why.map((one) => one.title)) });
            const theirs = text({ ...form.outlook, why: titles(form.outlook.why) });
            if (ours !== theirs) different.push([form.form, "outlook", ours, theirs]);
          } catch (failure) {
            if (failure instanceof AskServer) asked[form.form] = (asked[form.form] ?? 0) + 1;
            else different.push([form.form, String(failure.stack)]);
          }
        }
        return { different: different.slice(0, 5), decided, asked, read };
      },
      { sheets, forms, readings },
    );
    console.log(`${forms.length} typed forms, ${found.decided} decided in the browser, asked the server:`, found.asked, `seed ${seed}`);
    assert.deepEqual(found.different, [], `seed ${seed}`);
    assert.ok(found.read > 500, `only ${found.read} typed texts were read`);
    assert.ok(found.decided * 2 > forms.length, "most are decided in the browser");
    assert.equal(found.asked["maternal.antenatal"], undefined, "a visit after the others needs no server");
  });
});
