/** Where a gain comes from: which metric is shown, and the bars of its parts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, ours } from "./program.mjs";

const FOUND = {
  methods: ["reweight(2)", "<b>"],
  difference: [0.12, -0.02],
  ranking: [0.02, -0.03],
  ranking_low: [0.01, -0.05],
  ranking_high: [0.03, -0.01],
  threshold: [0.1, 0.01],
  threshold_low: [0.05, 0],
  threshold_high: [0.15, 0.02],
  flagged: [61, 20],
  flagged_baseline: [23, 23],
};
const program = (metrics) =>
  load(["basics.js", "gains.js"], ["decisionMetric", "gainPart", "state"], {
    runs: [{ gain_sources: { metrics, of: {} } }],
    multi_dataset: null,
  });

test("the page's metric is shown where it is one of decisions, else recall at 0.5, else the first", () => {
  const { decisionMetric, state } = program(["f1@0.2", "recall@0.5", "f1@tuned"]);
  state.metric = "f1@tuned";
  assert.equal(decisionMetric(), "f1@tuned");
  state.metric = "average_precision";
  assert.equal(decisionMetric(), "recall@0.5");
  assert.equal(program(["f1@0.2"]).decisionMetric(), "f1@0.2");
});

test("a bar of the threshold part starts where the ranking part ends, and its whiskers are those of the part", () => {
  const { gainPart } = program(["recall@0.5"]),
    bar = ours(gainPart(FOUND, "threshold", FOUND.ranking, "rest", 0));
  assert.deepEqual(bar.base, [0.02, -0.03]);
  assert.deepEqual(bar.x, [0.1, 0.01]);
  assert.deepEqual(
    bar.error_x.array.map((value) => value.toFixed(3)),
    ["0.050", "0.010"],
  );
  assert.deepEqual(
    bar.error_x.arrayminus.map((value) => value.toFixed(3)),
    ["0.050", "0.010"],
  );
  assert.match(bar.customdata[1][0], /&lt;b&gt;/);
});
