/* Class by class: a table to sort, filter and page through. */
/* ---- 3 class by class ---- */
function rows() {
  const r = run(),
    of = numbers(),
    judgement = judged(),
    found = [],
    methods = state.method < 0 ? others().map(({ m }) => m) : [state.method],
    wanted = state.search.trim().toLowerCase();
  r.classes.forEach((k, i) => {
    if (state.group && k.low !== (state.group === "low")) return;
    if (wanted && !k.name.toLowerCase().includes(wanted)) return;
    methods.forEach((m) => {
      const verdict = judgement ? judgement.verdict[m][i] : "";
      if (state.verdict && verdict !== state.verdict) return;
      const difference = of.difference[m][i];
      found.push({
        i,
        m,
        name: k.name,
        low: k.low,
        count: k.count,
        support: k.parts[2],
        method: r.methods[m].name,
        baseline: of.value[r.comparison.baseline_of[m]][i],
        value: of.value[m][i],
        difference,
        certain: certainty(difference, ends(m, i)),
        change: difference === null ? null : Math.abs(difference),
        low_end: ends(m, i).low,
        high_end: ends(m, i).high,
        verdict,
        p: judgement ? judgement.p_adjusted[m][i] : null,
        detectable: judgement ? judgement.minimum_detectable_effect[m][i] : null,
      });
    });
  });
  return found.sort(order(state.sort));
}
// How many half widths of its interval a difference is away from 0; undefined where there is no interval.
const certainty = (difference, { low, high }) =>
  difference === null || low === null || !(high > low) ? null : (2 * Math.abs(difference)) / (high - low);
function order({ column, up }) {
  const sign = up ? 1 : -1,
    text = ["name", "method", "verdict"].includes(column),
    rareFirst = ["count", "change"].includes(column), // the two orders that are offered as such
    undefinedLast = (a, b) => Number(a[column] === null) - Number(b[column] === null);
  const compare = text
    ? (a, b) => sign * a[column].localeCompare(b[column])
    : (a, b) => undefinedLast(a, b) || (a[column] === null ? 0 : sign * (a[column] - b[column]));
  return (a, b) => (rareFirst ? b.low - a.low : 0) || compare(a, b) || a.count - b.count || a.i - b.i || a.m - b.m;
}
/** @type {[string, string, string?][]} key, heading, class of its cells */
const COLUMNS = [
  ["name", "class", "word"],
  ["count", "images"],
  ["support", "in test"],
  ["method", "method", "word"],
  ["baseline", "baseline"],
  ["value", "with it"],
  ["difference", "difference"],
  ["low_end", "", "word"],
];
/** @type {[string, string, string?][]} */
const JUDGED = [
  ["verdict", "verdict", "word"],
  ["detectable", "MDE"],
];
function showClasses() {
  const found = rows(),
    plots = ["intervals", "bars"].includes(state.view),
    nothing = !found.length;
  by("view-table").hidden = state.view !== "table" || nothing;
  by("view-map").hidden = state.view !== "map" || nothing;
  by("view-plot").hidden = !plots || nothing;
  by("class-words").textContent = nothing
    ? "No class fits what is chosen above."
    : `${many(found.length, "comparison")} in ${words(state.metric)}, ${ordered()}. Orange: low-frequency. In test: images of the test part that carry the class. ${ofClasses()}` +
      (run().comparison.tested && !tested() ? ` Verdicts are in ${words(run().comparison.tested)} alone.` : "") +
      (classesTested()
        ? " p: adjusted for all comparisons of the question. MDE: minimum detectable effect, detected with 80% power at its critical level."
        : "");
  if (nothing) return;
  if (plots) showPlot(found);
  else if (state.view === "map") showMap(found);
  else showTable(found);
}
const ofClasses = () =>
  classesTested()
    ? `Intervals: simultaneous, ${questions("classes")[0].sentence}.`
    : tested()
      ? "Exploratory: 95% intervals, not corrected."
      : `Intervals: ${SPREAD}.`;
const ordered = () =>
  state.sort.column === "count" && state.sort.up
    ? "low-frequency classes first, the rarest on top"
    : state.sort.column === "certain"
      ? "the most certain differences on top"
      : state.sort.column === "change"
      ? "low-frequency classes first, the largest changes on top"
      : "in the order chosen";
function showTable(found) {
  const columns = classesTested() ? [...COLUMNS, ...JUDGED] : COLUMNS,
    pages = Math.max(1, Math.ceil(found.length / PAGE)),
    ends = found.flatMap((f) => [f.low_end, f.high_end, f.difference]).filter((value) => value !== null),
    scale = Math.max(1e-9, ...ends.map(Math.abs)); // one for all pages, so that lengths can be compared
  state.page = Math.min(state.page, pages - 1);
  const element = make("table"),
    head = make("tr"),
    body = make("tbody"),
    thead = make("thead");
  columns.forEach((column) => head.append(headOf(column)));
  found.slice(state.page * PAGE, (state.page + 1) * PAGE).forEach((f) => body.append(lineOf(f, scale)));
  thead.append(head);
  element.append(thead, body);
  clear(by("table-classes")).append(element);
  by("page").textContent = `page ${state.page + 1} of ${pages}`;
  by("previous").disabled = state.page === 0;
  by("next").disabled = state.page >= pages - 1;
}
function headOf([key, text, className = ""]) {
  const cell = make("th", undefined, className),
    button = make("button", text || (classesTested() ? "simultaneous interval" : tested() ? "95% interval" : "± one sd"));
  cell.scope = "col";
  button.type = "button";
  button.dataset.column = key;
  cell.setAttribute("aria-sort", state.sort.column === key ? (state.sort.up ? "ascending" : "descending") : "none");
  button.addEventListener("click", () => {
    state.sort = { column: key, up: state.sort.column === key ? !state.sort.up : true };
    state.page = 0;
    by("order").value = key === "count" && state.sort.up ? "count" : "";
    showClasses();
    /** @type {HTMLButtonElement} */
    const again = document.querySelector(`#table-classes button[data-column="${key}"]`);
    again.focus();
  });
  cell.append(button);
  return cell;
}
function lineOf(f, scale) {
  const line = make("tr", undefined, f.low ? "low" : ""),
    name = make("td", undefined, "name"),
    span = make("td", undefined, "word interval");
  name.append(make("bdi", brief(f.name, 80)));
  if (f.low) name.append(make("span", " (low-frequency)", "unseen"));
  if (f.low_end !== null)
    span.append(interval(f, scale), make("small", `${signed(f.low_end)} to ${signed(f.high_end)}`));
  line.append(
    name,
    make("td", whole(f.count)),
    make("td", whole(f.support)),
    make("td", marked(f.m, brief(f.method, 40)), "word"),
    make("td", number(f.baseline)),
    make("td", number(f.value)),
    make("td", signed(f.difference)),
    span,
  );
  if (classesTested()) {
    const verdict = make("td", undefined, "word verdict"),
      p = f.p === null ? "not tested" : `p ${f.p < 0.001 ? "<" : "="} ${f.p < 0.001 ? "0.001" : number(f.p)}`;
    verdict.append(
      make("span", f.verdict, ["improves", "worsens"].includes(f.verdict) ? f.verdict : "quiet"),
      make("small", p),
    );
    line.append(verdict, make("td", number(f.detectable)));
  }
  return line;
}
// A small picture of an interval: zero in the middle, `scale` at either end. The numbers stand beneath it.
function interval(f, scale) {
  const svg = shape("svg", { viewBox: "0 0 120 12", width: 120, height: 12, "aria-hidden": "true" }),
    at = (value) => 60 + (57 * value) / scale;
  svg.append(
    shape("line", { x1: 60, x2: 60, y1: 0, y2: 12, class: "zero" }),
    shape("line", { x1: at(f.low_end), x2: at(f.high_end), y1: 6, y2: 6, class: "span" }),
    shape("circle", { cx: at(f.difference), cy: 6, r: 3.5, fill: visible(run().methods[f.m].colour), class: "dot" }),
  );
  return svg;
}
function shape(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  return element;
}
