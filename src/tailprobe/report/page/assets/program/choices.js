/* What is shown follows what is chosen. */
/* ---- what is shown follows the choices ---- */
function showRun() {
  const r = run();
  state.encoder = r.encoders.includes(state.encoder) ? state.encoder : r.encoder;
  state.metric =
    r.comparison.tested && r.comparison.metrics.includes(r.comparison.tested)
      ? r.comparison.tested
      : r.comparison.metrics[0];
  state.method = -1;
  state.page = 0;
  state.map = { method: -1, up: false, all: false };
  orderBy("certain");
  options(
    by("encoder"),
    r.encoders.map((e) => [e, e]),
    state.encoder,
  );
  by("pick-encoder").hidden = r.encoders.length < 2;
  options(
    by("metric"),
    r.comparison.metrics.map((m) => [m, words(m)]),
    state.metric,
  );
  options(by("method"), [["-1", "all"], ...others().map(({ m, name }) => [m, name])], -1);
  options(by("verdict"), [["", "any"], ...WORDS.map((w) => [w, w])], "");
  state.verdict = "";
  by("pick-verdict").hidden = !classesTested();
  options(
    by("counts-method"),
    r.methods.map((m, i) => [i, m.name]),
    shownCounts(r),
  );
  options(
    by("training-method"),
    r.methods.map((m, i) => [i, m.name]),
    0,
  );
  options(
    by("one-class"),
    r.curves.classes.map((i, at) => [at, r.classes[i].name]),
    mostToSay(),
  );
  lookOptions(r);
  showData();
  showAll();
}
function lookOptions(r) {
  const mapped = r.looks.map ? Object.keys(r.looks.map.classes).map(Number).sort((a, b) => r.classes[a].count - r.classes[b].count) : [],
    most = mapped.filter((i) => r.classes[i].low).sort((a, b) => r.classes[b].count - r.classes[a].count)[0] ?? mapped[0];
  options(
    by("map-class"),
    mapped.map((i) => [i, r.classes[i].name]),
    most,
  );
  options(
    by("near-class"),
    r.looks.neighbours.map((near, at) => [at, near.class_name]),
    0,
  );
  options(by("confusion-method"), r.looks.confusion ? r.looks.confusion.methods.map((name, at) => [at, name]) : [], 0);
}
// Of the methods that draw other rows, the one the page is about if it is among them: the counts of the others say nothing.
function shownCounts(r) {
  const drawn = (m) => m.counts.some((count, i) => count !== r.methods[0].counts[i]),
    chosen = r.methods.findIndex((m) => m.name === r.chosen),
    other = r.methods.findIndex(drawn);
  return other < 0 || drawn(r.methods[chosen]) ? chosen : other;
}
function orderBy(column) {
  state.sort = { column, up: column === "count" };
  by("order").value = column;
}
function showAll() {
  showAnswer();
  showGainSources();
  showAspects();
  showFurther();
  showInvestigations();
  showMethods();
  showClasses();
  showTradeoff();
  showTraining();
  showOne();
  showLooks();
  showStatistics();
  showMultiDataset();
  showOptimism();
  showOfAllClasses();
  showAbout();
  showPaper();
  showGlossary();
}
const on = (id, event, act) => by(id).addEventListener(event, act);
on("run", "change", (e) => {
  state.run = Number(e.target.value);
  showRun();
});
on("encoder", "change", (e) => {
  state.encoder = e.target.value;
  showAll();
});
on("metric", "change", (e) => {
  state.metric = e.target.value;
  state.page = 0;
  showAnswer();
  showGainSources();
  showClasses();
  showOne();
  showTradeoff();
});
on("method", "change", (e) => {
  state.method = Number(e.target.value);
  state.page = 0;
  showClasses();
});
on("group", "change", (e) => {
  state.group = e.target.value;
  state.page = 0;
  showClasses();
});
on("verdict", "change", (e) => {
  state.verdict = e.target.value;
  state.page = 0;
  showClasses();
});
on("order", "change", (e) => {
  if (!e.target.value) return;
  orderBy(e.target.value);
  state.map.method = -1;
  state.page = 0;
  showClasses();
});
on("search", "input", (e) => {
  state.search = e.target.value;
  state.page = 0;
  showClasses();
});
on("filters", "submit", (e) => e.preventDefault());
/** @type {NodeListOf<HTMLInputElement>} */
const views = document.querySelectorAll('input[name="view"]');
views.forEach((radio) =>
  radio.addEventListener("change", () => {
    state.view = radio.value;
    showClasses();
  }),
);
on("previous", "click", () => {
  state.page -= 1;
  showClasses();
});
on("next", "click", () => {
  state.page += 1;
  showClasses();
});
on("counts-method", "change", showMethods);
on("one-class", "change", showOne);
on("map-more", "click", () => {
  state.map.all = true;
  showClasses();
});
on("training-method", "change", showTraining);
on("map-class", "change", showEmbeddingMap);
on("near-class", "change", showNeighbours);
on("confusion-method", "change", showConfusion);
on("enlarged-close", "click", () => by("enlarged").close());
const dark = matchMedia("(prefers-color-scheme: dark)");
function paint(wanted) {
  document.documentElement.dataset.theme = wanted ? "dark" : "light";
  by("theme").textContent = wanted ? "Light" : "Dark";
  showData();
  showAll();
}
on("theme", "click", () => paint(document.documentElement.dataset.theme !== "dark"));
dark.addEventListener("change", (e) => paint(e.matches));
/* Paper is white and as wide as it is: pictures are drawn light, all of them, and to its width. */
let before; // what the screen showed
let closedParts = [];
addEventListener("beforeprint", () => {
  before = document.documentElement.dataset.theme;
  closedParts = [...document.querySelectorAll("details")].filter((part) => !part.open);
  setOpen(closedParts, true);
  document.documentElement.dataset.theme = "light";
  document.body.classList.add("paper");
  showData();
  showAll();
  drawAll();
});
addEventListener("afterprint", () => {
  document.body.classList.remove("paper");
  setOpen(closedParts, false);
  paint(before === "dark");
});
options(
  by("run"),
  RUNS.map((r, i) => [i, r.name]),
  0,
);
by("pick-run").hidden = RUNS.length < 2;
document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
by("theme").textContent = dark.matches ? "Light" : "Dark";
foldAtFirst();
showRun();
addEventListener("load", () => setTimeout(startDrawing, 0));
