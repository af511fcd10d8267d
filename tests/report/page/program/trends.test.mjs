/** The line of a trend. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, ours } from "./program.mjs";

const { trendLine } = load(["basics.js", "trends.js"], ["trendLine"]);

test("the line of a trend goes through the points' middle and changes by the trend's difference", () => {
  const line = ours(trendLine({ doses: [1, 2, 4], difference: [0, 0.1, 0.2], change: 0.2 })).map((y) => Number(y.toFixed(6)));
  assert.deepEqual(line, [0, 0.1, 0.2]);
  const flat = ours(trendLine({ doses: [1, 2, 4], difference: [0.3, 0, 0.3], change: 0 }));
  assert.deepEqual(flat.map((y) => Number(y.toFixed(6))), [0.2, 0.2, 0.2]);
});
