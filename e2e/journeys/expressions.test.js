// The browser's evaluator says what the row evaluator says, of thousands of random expressions over random rows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { vectors, withScripts } from "../vectors.js";

test("expressions mean the same in the browser", async () => {
  const [{ seed }, ...lines] = vectors("browser-expressions.json", "fuyou-expr");
  await withScripts(async (page) => {
    const { count, different } = await page.evaluate(async (lines) => {
      const { Evaluation, read } = await import("/expression.js");
      const text = (value) => (typeof value === "bigint" ? `${value}n` : JSON.stringify(value));
      const different = [];
      let count = 0;
      for (const { records, cases } of lines) {
        for (const [source, tree, answers] of cases) {
          records.forEach(([values, sets], at) => {
            count += 1;
            let found;
            try {
              found = text(new Evaluation(values.map(read), sets).of(tree));
            } catch (failure) {
              found = String(failure);
            }
            const wanted = text(read(answers[at]));
            if (found !== wanted) different.push({ source, found, wanted, row: JSON.stringify(records[at]) });
          });
        }
      }
      // The shortest is the easiest to understand.
      different.sort((a, b) => a.source.length - b.source.length);
      return { count, different: different.slice(0, 5) };
    }, lines);
    console.log(`${count} values agree with the row evaluator, seed ${seed}`);
    assert.deepEqual(different, [], `seed ${seed}`);
    assert.ok(count >= 20_000, `only ${count} values`);
  });
});
