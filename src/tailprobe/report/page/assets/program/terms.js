/* What words mean: on hover and on focus, and in the list that each leads to. docs/terms.md is their source. */
// Words of everyday, which a reader understands and a page of dotted lines would not help.
const EVERYDAY = ["study", "run", "repeat", "seed", "part", "group", "method", "plan", "recipe", "head", "medium", "tail", "scores", "remaining", "support", "kernel", "encoder", "converged", "recommendation", "logits"];
const MEANINGS = new Map(TERMS.flatMap(({ names, meaning }, at) => names.map((name) => [name.toLowerCase(), { meaning, at }])));
const EXPLAINED = [...MEANINGS.keys()].filter((name) => !EVERYDAY.includes(name)).sort((a, b) => b.length - a.length);
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const WORD = EXPLAINED.length ? new RegExp(`(?<![\\w-])(${EXPLAINED.map(escaped).join("|")})(?![\\w-])`, "gi") : /(?!)/g;
// A text in pieces: what is plain, and each term where it stands first.
function piecesOf(text) {
  const pieces = [],
    met = new Set();
  let end = 0;
  for (const match of text.matchAll(WORD)) {
    const name = match[0].toLowerCase();
    if (met.has(name)) continue;
    met.add(name);
    pieces.push({ text: text.slice(end, match.index) }, { text: match[0], ...MEANINGS.get(name) });
    end = match.index + match[0].length;
  }
  return [...pieces, { text: text.slice(end) }].filter((piece) => piece.text);
}
function explained(element, text) {
  element.replaceChildren(...piecesOf(text).map((piece) => (piece.meaning ? termOf(piece) : piece.text)));
}
function termOf({ text, meaning, at }) {
  const link = make("a", text, "term");
  link.href = `#term-${at}`;
  link.title = meaning;
  return link;
}
function showGlossary() {
  const list = clear(by("terms"));
  TERMS.forEach(({ names, meaning }, at) => {
    const name = make("dt", names.join(", "));
    name.id = `term-${at}`;
    list.append(name, make("dd", meaning));
  });
}
