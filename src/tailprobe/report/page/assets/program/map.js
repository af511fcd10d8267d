/* Classes by methods: a colour for each difference, hatched where too few images could show one. */
const MAPPED = 40; // classes shown at once
const UPRIGHT = 9; // methods beyond which their names stand upright, so that more of the map is seen at once
// Of the rows of the class table one line a class, in the order of its first row, or by one method's differences.
function mapLines(found) {
  const lines = new Map();
  found.forEach((f) => {
    if (!lines.has(f.i)) lines.set(f.i, { i: f.i, name: f.name, low: f.low, support: f.support, count: f.count, cells: new Map() });
    lines.get(f.i).cells.set(f.m, f);
  });
  const all = [...lines.values()],
    { method, up } = state.map;
  if (method < 0) return all;
  const of = (line) => line.cells.get(method)?.difference ?? null;
  return all.sort((a, b) => Number(of(a) === null) - Number(of(b) === null) || (up ? 1 : -1) * (of(a) - of(b)) || a.i - b.i);
}
function showMap(found) {
  const lines = mapLines(found),
    methods = others().filter(({ m }) => state.method < 0 || m === state.method),
    shown = state.map.all ? lines : lines.slice(0, MAPPED),
    scale = mapScale(found),
    element = make("table", undefined, methods.length > UPRIGHT ? "map upright" : "map"),
    head = make("tr"),
    thead = make("thead"),
    body = make("tbody");
  head.append(mapHead("class", null), mapHead("in test", null), ...methods.map(({ m, name }) => mapHead(name, m)));
  shown.forEach((line) => body.append(mapRow(line, methods, scale)));
  thead.append(head);
  element.append(thead, body);
  clear(by("map-classes")).append(element);
  by("map-more").hidden = shown.length === lines.length;
  by("map-more").textContent = `Show all ${whole(lines.length)} classes`;
  explained(by("caption-map"), `Difference in ${words(state.metric)}; green better, red worse, in bold where the interval is on one side of 0. Hatched: fewer than ${run().comparison.underpowered.positives} test images, and only a difference above ${run().comparison.underpowered.effect} would be detected; with fewer than ${run().comparison.underpowered.untested}, no interval is given and nothing is tested. A class opens into its curves and its mistakes.`);
}
// The difference of the full colour: nine in ten are paler, so that an outlier does not make the rest white.
function mapScale(found) {
  const sizes = found.map((f) => f.change).filter((value) => value !== null).sort((a, b) => a - b);
  return sizes.length ? Math.max(1e-9, sizes[Math.floor(0.9 * (sizes.length - 1))]) : 1;
}
function mapHead(text, m) {
  const cell = make("th");
  cell.scope = "col";
  if (m === null) {
    cell.textContent = text;
    return cell;
  }
  const button = make("button");
  button.append(breakable(text, 60));
  button.type = "button";
  button.dataset.method = m;
  cell.setAttribute("aria-sort", state.map.method === m ? (state.map.up ? "ascending" : "descending") : "none");
  button.addEventListener("click", () => {
    state.map = { ...state.map, method: m, up: state.map.method === m ? !state.map.up : false };
    showClasses();
    /** @type {HTMLButtonElement} */
    const again = document.querySelector(`#map-classes button[data-method="${m}"]`);
    again.focus();
  });
  cell.append(button);
  return cell;
}
function mapRow(line, methods, scale) {
  const row = make("tr", undefined, line.low ? "low" : ""),
    name = make("th", undefined, "name"),
    button = make("button");
  name.scope = "row";
  button.type = "button";
  button.append(breakable(line.name, 80));
  button.addEventListener("click", () => openClass(line.i));
  name.append(button);
  if (line.low) name.append(make("span", " (low-frequency)", "unseen"));
  const support = make("td", whole(line.support), "support");
  support.dataset.of = "in test";
  row.append(name, support, ...methods.map(({ m, name: method }) => mapCell(line.cells.get(m), method, scale)));
  return row;
}
function mapCell(f, method, scale) {
  const known = f && f.difference !== null,
    cell = make("td", known ? signed(f.difference, 2) : "–");
  cell.dataset.of = pieces(brief(method, 60)).join("\u200b"); // where the name may be broken
  if (!known) return cell;
  const strength = Math.min(1, f.change / scale),
    worse = f.difference < 0 !== lowerIsBetter();
  cell.className = [worse ? "worse" : "better", hatched(f) ? "hatched" : "", clearOfZero(f) ? "sure" : ""].filter(Boolean).join(" ");
  cell.style.setProperty("--share", `${(42 * strength).toFixed(0)}%`);
  cell.title = `${brief(f.name, 60)}, ${brief(method, 60)}: ${signed(f.difference)}${f.low_end === null ? "" : ` (${signed(f.low_end)} to ${signed(f.high_end)})`}${f.verdict ? `, ${f.verdict}` : ""}`;
  return cell;
}
const lowerIsBetter = () => ["brier", "calibration_error"].includes(state.metric);
// What rounds to 0 is not worth bold type, as the unchanged ranking of a method that only moves thresholds.
const clearOfZero = (f) => f.low_end !== null && (f.low_end > 0 || f.high_end < 0) && f.change >= 0.005;
function hatched(f) {
  const { positives, effect } = run().comparison.underpowered;
  return !remark(run().methods[f.m]) && f.support < positives && !(f.detectable !== null && f.detectable <= effect);
}
/* ---- one class: its numbers, curves and mistakes ---- */
function openClass(i) {
  const at = run().curves.classes.indexOf(i);
  by("one-class").value = at < 0 ? "" : String(at);
  if (at < 0) return;
  showOne();
  unfold(by("one"));
  by("one").scrollIntoView();
  by("one").focus({ preventScroll: true });
}
// The class with most to say: of those with curves and at least five test images that with the most certain difference.
function mostToSay() {
  const r = run(),
    of = numbers(),
    told = r.curves.classes.map((i) => {
      const sure = others().map(({ m }) => certainty(of.difference[m][i], ends(m, i)) ?? 0);
      return r.classes[i].parts[2] >= 5 ? Math.max(0, ...sure) : -1 / (1 + r.classes[i].parts[2]);
    });
  return told.indexOf(Math.max(...told));
}
function showOne() {
  const r = run(),
    i = r.curves.classes[Number(by("one-class").value)],
    k = r.classes[i],
    of = numbers(),
    said = others()
      .map(({ m, name }) => ({ m, name, sure: certainty(of.difference[m][i], ends(m, i)) ?? 0 }))
      .sort((a, b) => b.sure - a.sure)
      .slice(0, 3)
      .map(({ m, name }) => `${brief(name, 40)} ${signed(of.difference[m][i])} (${between(ends(m, i))})`);
  by("one-words").textContent =
    `${brief(k.name, 80)}: ${many(k.count, "image")}${k.low ? ", a low-frequency class" : ""}, ${whole(k.parts[2])} in the test part. ${words(state.metric)} under the baseline ${number(of.value[0][i])}. The most certain differences: ${said.join(", ")}.`;
  showCurves();
  showMistakes();
}
