/* Trade-off, curves of a class, and training. */
/* ---- 4 trade-off and curves ---- */
function showTradeoff() {
  const of = numbers(),
    low = column("low-frequency"),
    rest = column("remaining");
  const around = (m, k) => ({
    ...whiskers([ends(m, k).low], [of.difference[m][k]], [ends(m, k).high]),
    thickness: 1.2,
    width: tested() ? 4 : 0,
    color: colour("muted"),
  });
  draw(
    "plot-tradeoff",
    [...others().map((method) => ({
      type: "scatter",
      mode: "markers",
      name: plain(method.name),
      x: [of.difference[method.m][rest]],
      y: [of.difference[method.m][low]],
      error_x: around(method.m, rest),
      error_y: around(method.m, low),
      marker: marks([method], 13),
      hovertemplate: `${plain(method.name)}<br>others ${signed(of.difference[method.m][rest])}, low-frequency ${signed(of.difference[method.m][low])}<extra></extra>`,
    })), ...ownTicks(of, low, rest)],
    {
      height: 460,
      shapes: margins("x", "y"),
      xaxis: { title: { text: "difference on the remaining classes" }, zeroline: true, zerolinewidth: 2 },
      yaxis: { title: { text: "difference on the low-frequency classes" }, zeroline: true, zerolinewidth: 2 },
    },
  );
  explained(by("caption-tradeoff"), `In ${words(state.metric)}. Up is a gain for the rare, left a loss for the others; ${reach()}.`);
  showGroups(of);
}
// The ends of both 95% intervals of each method that was tested, across its whiskers.
function ownTicks(of, low, rest) {
  const joint = others().filter(({ m }) => ends(m, low).joint && ends(m, rest).joint),
    pair = (k) => joint.flatMap(({ m }) => [of.low[m][k], of.high[m][k]]),
    twice = (k) => joint.flatMap(({ m }) => [of.difference[m][k], of.difference[m][k]]);
  return joint.length
    ? [ticks(pair(rest), twice(low), "line-ns-open"), ticks(twice(rest), pair(low), "line-ew-open")]
    : [];
}
function showGroups(of) {
  const groups = run().comparison.groups.map((name) => [name, column(name)]);
  const cell = (m, k) => {
    const verdicts = verdictOf(m, k) ? `, ${verdictOf(m, k)}` : "";
    return `${number(of.value[m][k])}; ${signed(of.difference[m][k])} (${between(ends(m, k))})${verdicts}`;
  };
  clear(by("table-groups")).append(
    table(
      ["method", ...groups.map(([name]) => (name === "all" ? "all classes" : name))],
      run().methods.map(({ name }, m) => [name, ...groups.map(([, k]) => (m ? cell(m, k) : number(of.value[0][k])))]),
    ),
  );
}
function showCurves() {
  const c = run().curves,
    at = Number(by("one-class").value),
    steps = c.steps;
  const lines = (make1) =>
    c.methods.map((method) => {
      const hex = run().methods.find((m) => m.name === method).colour;
      return {
        mode: "lines+markers",
        marker: { size: 4 },
        name: plain(method),
        line: { color: method === "baseline" ? colour("muted") : visible(hex), width: 2 },
        ...make1(c.curves[state.encoder][method][at]),
      };
    });
  const unit = { range: [-0.02, 1.02] },
    small = (x, y) => ({ height: 290, xaxis: { ...unit, title: { text: x } }, yaxis: { ...unit, title: { text: y } } });
  draw(
    "plot-precision",
    lines((d) => ({ x: steps, y: d.precision, hovertemplate: "recall %{x:.2f}, precision %{y:.2f}<extra></extra>" })),
    small("recall", "precision"),
  );
  draw(
    "plot-threshold",
    lines((d) => ({
      x: steps,
      y: d.f1_at,
      customdata: d.recall_at.map((v, i) => [v, d.precision_at[i]]),
      hovertemplate:
        "threshold %{x:.2f}: F1 %{y:.2f}, recall %{customdata[0]:.2f}, precision %{customdata[1]:.2f}<extra></extra>",
    })),
    small("threshold", "F1"),
  );
  showCalibration(c, at, lines, small);
}
// Of few positives a reliability curve is noise: it is not drawn, and why is said.
function showCalibration(c, at, lines, small) {
  const first = c.curves[state.encoder][c.methods[0]][at],
    drawn = first.reliability !== null;
  by("plot-calibration").hidden = !drawn;
  by("caption-calibration").textContent = drawn
    ? "Share of positives at each score; on the dotted line scores are probabilities."
    : `Calibration is not drawn: ${many(first.positives, "test image")} of the class ${first.positives === 1 ? "is" : "are"} too few, below 20 the curve is noise.`;
  if (!drawn) return;
  draw(
    "plot-calibration",
    [
      {
        mode: "lines",
        x: [0, 1],
        y: [0, 1],
        line: { dash: "dot", color: colour("muted") },
        hoverinfo: "skip",
        showlegend: false,
      },
      ...lines((d) => ({
        x: d.reliability[0],
        y: d.reliability[1],
        customdata: d.reliability[2],
        hovertemplate: "score %{x:.2f}: %{y:.2f} positive, %{customdata} images<extra></extra>",
      })),
    ],
    small("score", "share of positives"),
  );
}

/* ---- 5 training ---- */
function showTraining() {
  const all = run().training[state.encoder] || {};
  showConvergence(all);
  const t = all[run().methods[Number(by("training-method").value)].name];
  by("plot-training").hidden = !t;
  by("training-words").textContent = t ? "" : "This method is not trained by gradient descent.";
  by("caption-training").hidden = !t;
  if (t) drawTraining(t);
}
function showConvergence(all) {
  const rows = run().methods.map(({ name }) => {
    const t = all[name];
    if (!t) return [name, "not trained by gradient descent", "–"];
    const [first, last] = t.kept,
      slow = 2 * t.converged < t.seeds ? ", not converged: more epochs may change its scores" : "";
    return [
      name,
      `${first === last ? first : `${first} to ${last}`} (${number(t.epochs, 0)} run on average)`,
      `${t.converged} of ${many(t.seeds, "head")}${slow}`,
    ];
  });
  clear(by("not-converged")).append(table(["method", "epochs kept, over seeds", "converged"], rows));
}
// Marks of the axis of losses: a digit at each of ten steps, as is usual, would lie on the next.
const LOSSES = [-5, -4, -3, -2, -1, 0, 1].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)));
function drawTraining(t) {
  const precision = t.curves.average_precision,
    epochs = t.curves.validation_loss[1].map((_, i) => i + 1);
  const band = (kind, hex, dash, axis) => {
    const line = (part, extra) => ({ mode: "lines", x: epochs, y: t.curves[kind][part], yaxis: axis, ...extra }),
      edge = { line: { width: 0 }, hoverinfo: "skip", showlegend: false };
    return [
      line(0, edge),
      line(2, { ...edge, fill: "tonexty", fillcolor: hex + "33" }),
      line(1, {
        name: kind.replace("_", " "),
        line: { color: hex, dash, width: 2.5 },
        hovertemplate: "epoch %{x}: %{y:.4f}<extra></extra>",
      }),
    ];
  };
  draw(
    "plot-training",
    [
      ...band("training_loss", colour("rest"), "dash", "y"),
      ...band("validation_loss", colour("low"), "solid", "y"),
      ...(precision ? band("average_precision", colour("accent"), "solid", "y2") : []),
    ],
    {
      height: 360,
      xaxis: { title: { text: "epoch" } },
      yaxis: { title: { text: "loss" }, type: "log", tickvals: LOSSES, ticktext: LOSSES.map(String) },
      ...(precision ? { yaxis2: { title: { text: "validation average precision" }, overlaying: "y", side: "right", automargin: true, showgrid: false } } : {}),
    },
  );
}
