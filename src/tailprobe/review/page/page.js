/* The page of a review. Names are put on it as text, never as markup; the server says what stands. */
import { conflictWords, decisionOfKey, doneWords, next, picture, progress, question, reason, seen, shown } from "./queue.js";

const TOKEN = new URLSearchParams(location.search).get("token") ?? "",
  EVERY = 5000; // milliseconds between two looks at what others did
/** @type {(id: string) => any} an element of page.html, of whatever kind */
const by = (id) => document.getElementById(id);
/** @type {{ candidates: import("./queue.js").Candidate[], classes: { name: string, images: number }[], out: string, reviewer: string }} */
let queue = { candidates: [], classes: [], out: "", reviewer: "" };
/** @type {import("./queue.js").State} */
let state = { decided: {}, conflicts: [], viewed: [], decisions: 0 };
/** @type {import("./queue.js").Candidate | null} */
let current = null;
let before = 0, // the last entry on the current image when it was put before the reviewer
  waiting = false;

async function ask(path, body) {
  const answer = await fetch(path, {
    method: body ? "POST" : "GET",
    headers: { "x-review-token": TOKEN, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (answer.ok) return answer.json();
  const text = await answer.text();
  throw new Error(said(text));
}
function said(text) {
  try {
    return String(JSON.parse(text).detail);
  } catch {
    return text;
  }
}
const reviewer = () => by("reviewer").value.trim() || "reviewer";
const chosen = () => shown(queue.candidates, by("class").value, by("kind").value);
const say = (words) => (by("status").textContent = words);

/* ---- what is shown ---- */
function show(candidate) {
  current = candidate;
  before = candidate ? seen(state, candidate.number) : 0;
  const image = by("image");
  image.hidden = !candidate;
  by("question").textContent = candidate ? question(candidate) : "Nothing is left to look at here.";
  by("words").textContent = candidate ? reason(candidate) : "Choose another class, or write the labels.";
  by("name").replaceChildren();
  if (candidate) {
    image.src = picture(candidate.where, candidate.row, 1024, TOKEN);
    image.alt = `The image ${candidate.image}`;
    const name = document.createElement("bdi");
    name.textContent = candidate.image;
    by("name").append(name);
  }
  showNeighbours(candidate);
  showProgress();
}
function showNeighbours(candidate) {
  const near = candidate?.neighbours ?? [];
  by("near").hidden = !near.length;
  by("h-near").textContent = candidate ? `Nearest labelled “${candidate.class}”` : "";
  by("neighbours").replaceChildren(
    ...near.map((one) => {
      const line = document.createElement("li"),
        image = document.createElement("img");
      image.src = picture("labelled", one.row, 224, TOKEN);
      image.alt = `${one.image}, cosine ${one.cosine.toFixed(2)}`;
      line.append(image);
      return line;
    }),
  );
}
function showProgress() {
  const { done, all, confirmed } = progress(chosen(), state);
  by("progress-words").textContent = `${done} of ${all}, ${confirmed} confirmed`;
  by("progress").max = Math.max(all, 1);
  by("progress").value = done;
  ["confirm", "reject", "skip"].forEach((id) => (by(id).disabled = !current));
  showConflicts();
}
function showConflicts() {
  by("conflicts").hidden = !state.conflicts.length;
  by("h-conflicts").textContent = `${state.conflicts.length} in conflict`;
  by("conflict-list").replaceChildren(
    ...state.conflicts.map((conflict) => {
      const line = document.createElement("li"),
        words = document.createElement("bdi"),
        again = document.createElement("button");
      words.textContent = conflictWords(conflict);
      line.append(words);
      if (conflict.number !== null) {
        again.type = "button";
        again.textContent = "Look again";
        again.addEventListener("click", () => goTo(conflict.number));
        line.append(" ", again);
      }
      return line;
    }),
  );
}
function goTo(number) {
  const candidate = queue.candidates[number];
  by("class").value = candidate.class;
  by("kind").value = candidate.kind === "new" ? "new" : "doubt";
  show(candidate);
}

/* ---- what is done ---- */
async function decide(decision) {
  if (waiting || (decision !== "undo" && !current)) return;
  waiting = true;
  try {
    if (decision === "undo") await undo();
    else {
      const candidate = current;
      state = await ask("/api/decide", { number: candidate.number, decision, reviewer: reviewer(), seen: before });
      say(doneWords(decision, candidate));
      show(next(chosen(), state));
    }
  } catch (error) {
    say(error.message);
  }
  waiting = false;
}
async function undo() {
  const { back, undone, ...found } = await ask("/api/undo", { reviewer: reviewer() });
  state = found;
  say(undone ? "Taken back." : "There is nothing of yours to take back.");
  if (back !== null) goTo(back);
  else showProgress();
}
async function write() {
  try {
    say((await ask("/api/write", {})).written);
  } catch (error) {
    say(error.message);
  }
}
async function refresh() {
  const viewing = current ? `&viewing=${current.number}` : "";
  state = await ask(`/api/state?reviewer=${encodeURIComponent(reviewer())}${viewing}`);
}
async function start() {
  queue = await ask("/api/queue");
  by("reviewer").value = sessionStorage.getItem("reviewer") ?? queue.reviewer;
  by("class").replaceChildren(...queue.classes.map(({ name }) => new Option(name, name)));
  by("write").title = queue.out;
  await refresh();
  if (queue.classes.length && !shown(queue.candidates, by("class").value, "new").length) by("kind").value = "doubt";
  show(next(chosen(), state));
  await refresh();
  document.querySelector("main").setAttribute("aria-busy", "false");
  setInterval(() => refresh().then(showProgress, (error) => say(error.message)), EVERY);
}
["confirm", "reject", "skip", "undo"].forEach((id) => by(id).addEventListener("click", () => decide(id)));
["class", "kind"].forEach((id) => by(id).addEventListener("change", () => show(next(chosen(), state))));
by("reviewer").addEventListener("change", () => sessionStorage.setItem("reviewer", reviewer()));
by("write").addEventListener("click", write);
document.addEventListener("keydown", (event) => {
  const decision = decisionOfKey(event, document.activeElement?.tagName);
  if (!decision || event.repeat) return; // a key that is held down decides once
  event.preventDefault();
  decide(decision);
});
start().catch((error) => {
  by("question").textContent = error.message;
});
