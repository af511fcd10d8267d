/* Class by class: a table to sort, filter and page through, and two pictures of the same rows. */
/* ---- 3 class by class ---- */
function rows() {
  const r = run(),
    of = numbers(),
    judgement = judged(),
    found = [];
  const methods = state.method < 0 ? remedies().map(({ m }) => m) : [state.method];
  const wanted = state.search.trim().toLowerCase();
  r.classes.forEach((k, i) => {
    if (state.group && k.low !== (state.group === "low")) return;
    if (wanted && !k.name.toLowerCase().includes(wanted)) return;
    methods.forEach((m) => {
      const verdict = judgement ? judgement.verdict[m][i] : "";
      if (state.verdict && verdict !== state.verdict) return;
      found.push({
        i,
        m,
        name: k.name,
        low: k.low,
        count: k.count,
        support: k.parts[2],
        method: r.methods[m].name,
        baseline: of.value[0][i],
        value: of.value[m][i],
        difference: of.difference[m][i],
        low_end: of.low[m][i],
        high_end: of.high[m][i],
        verdict,
        p: judgement ? judgement.p_adjusted[m][i] : null,
        detectable: judgement ? judgement.detectable[m][i] : null,
      });
    });
  });
  const key = state.sort.column,
    sign = state.sort.up ? 1 : -1,
    text = typeof (found[0] || {})[key] === "string";
  const compare = (a, b) =>
    text ? a[key].localeCompare(b[key]) : (a[key] === null) - (b[key] === null) || a[key] - b[key];
  found.sort((a, b) => (key === "count" ? b.low - a.low : 0) || sign * compare(a, b) || a.i - b.i || a.m - b.m);
  return found;
}
const COLUMNS = [
  ["name", "class"],
  ["count", "images"],
  ["support", "in test"],
  ["method", "method"],
  ["baseline", "baseline"],
  ["value", "with it"],
  ["difference", "difference"],
  ["low_end", "from"],
  ["high_end", "to"],
];
const JUDGED = [
  ["verdict", "verdict"],
  ["p", "p, adjusted"],
  ["detectable", "could have shown"],
];
function showClasses() {
  const found = rows(),
    plots = state.view !== "table";
  by("view-table").hidden = plots;
  by("view-plot").hidden = !plots;
  by("class-words").textContent =
    `${whole(found.length)} comparisons in ${words(state.metric)}. Low-frequency classes first and marked; in test: images of the test part that carry the class. From and to: ${reach()}.` +
    (run().comparison.tested && !tested() ? ` Verdicts were drawn in ${words(run().comparison.tested)} alone.` : "");
  if (plots) return showPlot(found);
  const columns = tested() ? [...COLUMNS, ...JUDGED] : COLUMNS,
    pages = Math.max(1, Math.ceil(found.length / PAGE));
  state.page = Math.min(state.page, pages - 1);
  const element = make("table"),
    head = make("tr"),
    body = make("tbody"),
    thead = make("thead");
  columns.forEach(([key, text]) => {
    const cell = make("th"),
      button = make("button", text);
    cell.scope = "col";
    if (key === "method" || key === "verdict") cell.className = "word";
    button.type = "button";
    button.dataset.column = key;
    cell.setAttribute("aria-sort", state.sort.column === key ? (state.sort.up ? "ascending" : "descending") : "none");
    button.addEventListener("click", () => {
      state.sort = { column: key, up: state.sort.column === key ? !state.sort.up : true };
      state.page = 0;
      showClasses();
      document.querySelector(`#table-classes button[data-column="${key}"]`).focus();
    });
    cell.append(button);
    head.append(cell);
  });
  found.slice(state.page * PAGE, (state.page + 1) * PAGE).forEach((f) => {
    const line = make("tr", undefined, f.low ? "low" : ""),
      name = make("td", undefined, "name"),
      bdi = make("bdi", brief(f.name, 80));
    if (f.low) name.title = "low-frequency";
    name.append(bdi);
    line.append(name);
    [
      whole(f.count),
      whole(f.support),
      brief(f.method, 40),
      number(f.baseline),
      number(f.value),
      signed(f.difference),
      signed(f.low_end),
      signed(f.high_end),
    ].forEach((text, i) => line.append(make("td", text, i === 2 ? "word" : "")));
    if (tested())
      [
        make("td", f.verdict, `word ${f.verdict === "helps" || f.verdict === "hurts" ? f.verdict : "quiet"}`),
        make("td", number(f.p)),
        make("td", number(f.detectable)),
      ].forEach((cell) => line.append(cell));
    body.append(line);
  });
  thead.append(head);
  element.append(thead, body);
  clear(by("table-classes")).append(element);
  by("page").textContent = `page ${state.page + 1} of ${pages}`;
  by("previous").disabled = state.page === 0;
  by("next").disabled = state.page >= pages - 1;
}
function showPlot(found) {
  const r = run(),
    shown = [...new Set(found.map((f) => f.i))],
    most = 60,
    classes = shown.slice(0, most),
    methods = [...new Set(found.map((f) => f.m))];
  const place = new Map(classes.map((i, at) => [i, at])),
    label = classes.map((i) => `${plain(r.classes[i].name, 28)} (${r.classes[i].parts[2]})`);
  const traces = methods.map((m, at) => {
    const mine = found.filter((f) => f.m === m && place.has(f.i)),
      offset = methods.length > 1 ? (at / (methods.length - 1) - 0.5) * 0.7 : 0;
    const custom = mine.map((f) => [plain(f.name), f.value, f.baseline, f.support, f.low_end, f.high_end, f.verdict]);
    const hover =
      "%{customdata[0]}, " +
      plain(r.methods[m].name) +
      "<br>%{customdata[1]:.3f}, baseline %{customdata[2]:.3f}, %{customdata[3]} in test<br>%{customdata[4]:+.3f} to %{customdata[5]:+.3f} %{customdata[6]}<extra></extra>";
    return state.view === "bars"
      ? {
          type: "bar",
          name: plain(r.methods[m].name),
          x: mine.map((f) => place.get(f.i)),
          y: mine.map((f) => f.value),
          marker: { color: seen(r.methods[m].colour) },
          customdata: custom,
          hovertemplate: hover,
        }
      : {
          type: "scatter",
          mode: "markers",
          name: plain(r.methods[m].name),
          y: mine.map((f) => place.get(f.i) + offset),
          x: mine.map((f) => f.difference),
          marker: { size: 8, color: seen(r.methods[m].colour) },
          customdata: custom,
          hovertemplate: hover,
          error_x: {
            type: "data",
            symmetric: false,
            array: mine.map((f) => f.high_end - f.difference),
            arrayminus: mine.map((f) => f.difference - f.low_end),
            thickness: 1.2,
            width: 0,
            color: seen(r.methods[m].colour),
          },
        };
  });
  const ticks = { tickvals: classes.map((_, at) => at), ticktext: label };
  if (state.view === "bars") {
    traces.unshift({
      type: "bar",
      name: "baseline",
      x: classes.map((_, at) => at),
      y: classes.map((i) => numbers().value[0][i]),
      marker: { color: seen(r.methods[0].colour) },
      hovertemplate: "baseline %{y:.3f}<extra></extra>",
    });
    draw("plot-classes", traces, {
      height: 520,
      barmode: "group",
      xaxis: { ...ticks, tickangle: -45 },
      yaxis: { title: { text: words(state.metric) } },
    });
  } else
    draw("plot-classes", traces, {
      height: 160 + classes.length * Math.max(26, 9 * methods.length),
      yaxis: { ...ticks, autorange: "reversed", zeroline: false },
      xaxis: { title: { text: `difference in ${words(state.metric)}` }, zeroline: true, zerolinewidth: 2 },
    });
  by("caption-classes").textContent =
    `In brackets: images of the test part that carry the class. ${state.view === "bars" ? "The paper's layout, figures 9 to 14." : `Whiskers: ${reach()}.`}${shown.length > most ? ` The first ${most} of ${shown.length} classes; filter or find to see others.` : ""}`;
}
