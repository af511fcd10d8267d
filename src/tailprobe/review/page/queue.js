/* What the page decides by itself: which image comes next, what is asked, what a key means. No document here. */

/** @typedef {{ row: number, image: string, cosine: number }} Neighbour */
/** @typedef {{ number: number, kind: string, where: string, row: number, image: string, class: string, score: number, neighbours: Neighbour[] }} Candidate */
/** @typedef {{ entry: number, decision: string, reviewer: string, time: string }} Told */
/** @typedef {{ decided: Record<string, Told>, conflicts: { number: number | null, image: string, class: string, earlier: Told, later: Told }[], viewed: number[], decisions: number }} State */

const KEYS = { y: "confirm", n: "reject", s: "skip", u: "undo", ArrowRight: "confirm", ArrowLeft: "reject", ArrowDown: "skip" };

/** The decision of a key, or nothing: with a modifier a key is the browser's, in a field it is text.
 * @param {{ key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean }} event
 * @param {string} field name of the element that has the focus */
export function decisionOfKey(event, field = "") {
  if (event.ctrlKey || event.metaKey || event.altKey || ["INPUT", "SELECT", "TEXTAREA"].includes(field)) return "";
  return KEYS[event.key] ?? KEYS[event.key.toLowerCase()] ?? "";
}

/** The images of one class that are shown: new ones, or labels that may be wrong.
 * @param {Candidate[]} candidates @param {string} name @param {string} kind "new" or "doubt" */
export const shown = (candidates, name, kind) =>
  candidates.filter((candidate) => candidate.class === name && (candidate.kind === "new") === (kind === "new"));

/** The next image to look at: the first that nobody decided about and nobody else has before their eyes, else the first
 * that nobody decided about; null where none is left.
 * @param {Candidate[]} candidates @param {State} state */
export function next(candidates, state) {
  const open = candidates.filter((candidate) => !state.decided[candidate.number]);
  return open.find((candidate) => !state.viewed.includes(candidate.number)) ?? open[0] ?? null;
}

/** How many of these images were decided about, and of those how many confirmed.
 * @param {Candidate[]} candidates @param {State} state */
export function progress(candidates, state) {
  const told = candidates.map((candidate) => state.decided[candidate.number]).filter(Boolean);
  return { done: told.length, all: candidates.length, confirmed: told.filter((one) => one.decision === "confirm").length };
}

/** @param {Candidate} candidate */
export const question = (candidate) => `Does this image show “${candidate.class}”?`;

/** What speaks for looking, in words. @param {Candidate} candidate */
export function reason(candidate) {
  const score = `score ${candidate.score.toFixed(3)}`;
  if (candidate.kind === "may lack it") return `Labelled without “${candidate.class}”, ${score}: the label may lack it.`;
  if (candidate.kind === "may not be one") return `Labelled “${candidate.class}”, ${score}: it may not be one.`;
  return `New image, ${score}.`;
}

/** The last entry on an image that the reviewer sees; 0 where there is none.
 * @param {State} state @param {number} number */
export const seen = (state, number) => state.decided[number]?.entry ?? 0;

const DONE = { confirm: "confirmed", reject: "rejected", skip: "skipped" };

/** @param {{ image: string, class: string, earlier: Told, later: Told }} conflict */
export const conflictWords = ({ image, class: name, earlier, later }) =>
  `${image}, “${name}”: ${DONE[earlier.decision]} by ${earlier.reviewer}, ${DONE[later.decision]} by ${later.reviewer}`;

/** What was done, for the status line. @param {string} decision @param {Candidate} candidate */
export const doneWords = (decision, candidate) => `${candidate.image} ${DONE[decision]}.`;

/** The address of a picture. @param {string} where @param {number} row @param {number} side @param {string} token */
export const picture = (where, row, side, token) =>
  `/image/${where}/${row}?side=${side}&token=${encodeURIComponent(token)}`;
