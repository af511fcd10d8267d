/** Ranking, decisions and calibration: small numbers of the Brier score keep a digit more. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, ours } from "./program.mjs";

const { shownAspect } = load(["basics.js", "aspects.js"], ["shownAspect"]);

test("a difference stands with its interval, that of the Brier score with four digits", () => {
  const of = { difference: 0.0123, low: -0.0004, high: 0.0251 };
  assert.deepEqual(ours(shownAspect({ ...of, metric: "recall@0.5" })), ["+0.012", "0.000 to +0.025"]);
  assert.deepEqual(ours(shownAspect({ ...of, metric: "brier" })), ["+0.0123", "−0.0004 to +0.0251"]);
});
