import assert from "node:assert/strict";
import test from "node:test";

import * as queue from "../../../src/tailprobe/review/page/queue.js";

const candidate = (number, more = {}) => ({
  number, kind: "new", where: "new", row: number, image: `${number}.png`, class: "mine", score: 0.5, neighbours: [], ...more,
});
const told = (decision, entry = 1, reviewer = "ann") => ({ entry, decision, reviewer, time: "" });
const state = (decided = {}, viewed = []) => ({ decided, viewed, conflicts: [], decisions: 0 });
const three = [candidate(0), candidate(1), candidate(2)];

test("the next image is the first that nobody decided about and nobody else looks at", () => {
  assert.equal(queue.next(three, state({ 0: told("skip") }, [1])).number, 2);
  assert.equal(queue.next(three, state({ 0: told("skip"), 2: told("reject") }, [1])).number, 1);
  assert.equal(queue.next(three, state({ 0: told("skip"), 1: told("confirm"), 2: told("reject") })), null);
});

test("a class shows its new images or its doubtful labels", () => {
  const all = [...three, candidate(3, { kind: "may lack it" }), candidate(4, { class: "lake" })];
  assert.deepEqual(queue.shown(all, "mine", "new").map((one) => one.number), [0, 1, 2]);
  assert.deepEqual(queue.shown(all, "mine", "doubt").map((one) => one.number), [3]);
});

test("progress counts what is decided and what is confirmed", () => {
  const found = queue.progress(three, state({ 0: told("confirm"), 2: told("skip"), 9: told("confirm") }));
  assert.deepEqual(found, { done: 2, all: 3, confirmed: 1 });
});

test("a key decides, unless a modifier or a field has it", () => {
  assert.equal(queue.decisionOfKey({ key: "y" }), "confirm");
  assert.equal(queue.decisionOfKey({ key: "N" }), "reject");
  assert.equal(queue.decisionOfKey({ key: "ArrowDown" }), "skip");
  assert.equal(queue.decisionOfKey({ key: "s", ctrlKey: true }), "");
  assert.equal(queue.decisionOfKey({ key: "n" }, "INPUT"), "");
  assert.equal(queue.decisionOfKey({ key: "x" }), "");
});

test("what speaks for looking is said", () => {
  assert.equal(queue.reason(three[0]), "New image, score 0.500.");
  assert.match(queue.reason(candidate(0, { kind: "may lack it" })), /^Labelled without “mine”/);
  assert.match(queue.reason(candidate(0, { kind: "may not be one" })), /^Labelled “mine”/);
});

test("the entry that a reviewer saw goes with their decision", () => {
  assert.equal(queue.seen(state({ 1: told("reject", 7) }), 1), 7);
  assert.equal(queue.seen(state(), 1), 0);
});

test("a conflict names both reviewers and what they decided", () => {
  const words = queue.conflictWords({
    image: "1.png", class: "mine", earlier: told("confirm"), later: told("reject", 2, "bob"),
  });
  assert.equal(words, "1.png, “mine”: confirmed by ann, rejected by bob");
});

test("a token cannot end the address of a picture", () => {
  assert.equal(queue.picture("new", 3, 224, "a&b"), "/image/new/3?side=224&token=a%26b");
});
