/* The answer, and where several runs or encoders are shown, the same of each. */
/* ---- 0 the answer ---- */
function showAnswer() {
  const r = run(),
    advice = r.recommendation;
  by("question").replaceChildren("Which method improves the rare classes of “", make("bdi", brief(r.name, 120)), "”?");
  by("sentence").textContent = advice
    ? advice.sentence
    : `The methods were not tested against each other here; of ${many(r.methods.length - 1, "method")}, ${r.chosen} has the highest mean on the low-frequency classes.`;
  by("caution").textContent = r.caution;
  by("caution").hidden = !r.caution;
  by("more-seeds").textContent = advice && r.comparison.verdicts[advice.encoder] ? r.comparison.verdicts[advice.encoder].more_seeds : "";
  by("fixed").textContent = `Fixed before training: ${r.fixed.map(([name, value]) => `${name}: ${value}`).join("; ")}.`;
  const facts = clear(by("certainty"));
  factsOf(r, advice).forEach(([name, value, small]) => {
    const box = make("div"),
      dd = make("dd", value);
    if (small) dd.append(make("small", small));
    box.append(make("dt", name), dd);
    facts.append(box);
  });
  showGains();
  showRuns();
}
function factsOf(r, advice) {
  const none = advice && advice.method === "baseline",
    span = (low, high) => `simultaneous interval ${signed(low)} to ${signed(high)}`,
    found = [];
  if (advice) found.push(["use", none ? "the baseline" : advice.method, `encoder ${brief(advice.encoder, 60)}`]);
  if (advice && !none)
    found.push(
      ["low-frequency classes gain", signed(advice.effect_rare), span(advice.effect_rare_low, advice.effect_rare_high)],
      ["the others change by", signed(advice.effect_remaining), span(advice.effect_remaining_low, advice.effect_remaining_high)],
      ["probability of benefit", certain(advice.probability_of_benefit), "that they do not lose by it"],
    );
  if (advice && none) found.push(...counts(r));
  found.push(
    [
      "images",
      whole(r.collection.images),
      `${many(r.classes.length, "class", "classes")}, ${r.classes.filter((c) => c.low).length} low-frequency`,
    ],
    [
      "heads trained",
      whole(r.methods.length * r.encoders.length * r.about.seeds.length),
      many(r.about.seeds.length, "seed"),
    ],
  );
  return found;
}
const certain = (share) => (share === null ? "–" : share >= 0.9995 ? "above 99.9%" : `${(100 * share).toFixed(1)}%`);
// Where the baseline is kept: how many methods improve or worsen the rare, and the minimum detectable effect.
function counts(r) {
  const judgement = r.comparison.verdicts[r.recommendation.encoder],
    k = column("low-frequency");
  if (!judgement) return [];
  const verdicts = judgement.verdict.slice(1).map((row) => row[k]),
    compared = judgement.simultaneous_low.slice(1).filter((row) => row[k] !== null).length,
    number_of = (word) => verdicts.filter((verdict) => verdict === word).length;
  const shares = [
    ["improve the rare classes", `${number_of("improves")} of ${compared}`, `${number_of("worsens")} worsen them`],
  ];
  if (judgement.detectable) {
    const [method, effect] = judgement.detectable;
    shares.push(["minimum detectable effect", `±${number(effect)}`, `80% power, ${brief(method, 40)}, low-frequency classes`]);
  }
  return shares;
}
function showGains() {
  const r = run(),
    of = numbers(),
    k = column("low-frequency"),
    methods = others();
  const at = (side) => methods.map(({ m }) => of[side][m][k]),
    middle = at("difference"),
    drawn = methods.map(({ m }) => ends(m, k)),
    joint = methods.filter((_, at) => drawn[at].joint),
    place = new Map(methods.map(({ m }, at) => [m, at])),
    own = (side) => joint.map(({ m }) => of[side][m][k]);
  draw(
    "plot-answer",
    [
      {
        type: "scatter",
        mode: "markers",
        x: middle,
        y: methods.map((_, at) => at),
        marker: marks(methods, 12),
        error_x: {
          ...whiskers(
            drawn.map(({ low }) => low),
            middle,
            drawn.map(({ high }) => high),
          ),
          color: colour("muted"),
          thickness: 2,
          width: tested() ? 5 : 0,
        },
        customdata: methods.map(({ m, name }) => [
          of.value[m][k],
          of.value[r.comparison.baseline_of[m]][k],
          between(ends(m, k)),
          verdictOf(m, k),
          plain(name),
          signed(of.difference[m][k]),
        ]),
        hovertemplate:
          "%{customdata[4]}<br>difference %{customdata[5]} (%{customdata[2]}) %{customdata[3]}<br>%{customdata[0]:.3f}, baseline %{customdata[1]:.3f}<extra></extra>",
        showlegend: false,
      },
      ticks([...own("low"), ...own("high")], [...joint, ...joint].map(({ m }) => place.get(m)), "line-ns-open"),
    ],
    {
      height: 90 + 38 * methods.length,
      shapes: margins("x"),
      yaxis: {
        tickvals: methods.map((_, at) => at),
        ticktext: methods.map(({ m, name }) => `${plain(brief(name, 32))}${below(m, k)}`),
        range: [methods.length - 0.5, -0.5],
        zeroline: false,
      },
      xaxis: { title: { text: "← worse, better →" }, zeroline: true, zerolinewidth: 2 },
    },
  );
  by("caption-answer").textContent =
    `The low-frequency classes' ${words(state.metric)}, each method's less that of its baseline: mean over ${many(r.about.seeds.length, "seed")}, paired by seed; ${reach()}.`;
  by("plot-answer").setAttribute(
    "aria-label",
    methods
      .map(
        ({ m, name }) => `${marked(m, name)} ${signed(of.difference[m][k])}, ${between(ends(m, k))} ${verdictOf(m, k)}`.trim(),
      )
      .join("; "),
  );
}
// Beneath a method's name: its verdict, and what must be known beside it.
function below(m, k) {
  const said = [verdictOf(m, k) || remark(run().methods[m]).split(":")[0], notConverged(m) ? "not converged" : ""].filter(Boolean);
  return said.length ? `<br><span style="font-size:11px;fill:${colour("muted")}">${said.join(", ")}</span>` : "";
}
const marks = (methods, size) => ({
  size,
  symbol: methods.map((method) => method.symbol),
  color: methods.map((method) => visible(method.colour)),
  line: { color: colour("ink"), width: 1 },
});

/* ---- several runs, or several encoders of one ---- */
const sources = () =>
  RUNS.flatMap((r, i) =>
    r.encoders.map((encoder) => ({
      r,
      encoder,
      name: [
        RUNS.length > 1 ? brief(r.name, 40) : "",
        r.encoders.length > 1 || RUNS.length > 1 ? brief(encoder, 40) : "",
      ]
        .filter(Boolean)
        .join(", "),
      tested: r.comparison.tested === state.metric,
      of: r.comparison.numbers[encoder][state.metric],
      k: r.classes.length + r.comparison.groups.indexOf("low-frequency"),
      rest: r.classes.length + r.comparison.groups.indexOf("remaining"),
      place: i,
    })),
  ).filter((source) => source.of);
function showRuns() {
  const all = sources(),
    several = all.length > 1;
  by("several").hidden = !several;
  if (!several) return;
  clear(by("runs-compared")).append(
    table(
      ["run and encoder", "images", "classes", "recommended", "gain, low-frequency", "simultaneous interval", "change, others"],
      all.map(({ r, encoder, name }) => advised(r, encoder, name)),
    ),
  );
  const names = [...new Set(all.flatMap(({ r }) => r.methods.slice(1).map((method) => method.name)))],
    tones = ["low", "accent", "improves", "muted", "worsens", "ink"],
    shapes = ["circle", "square", "diamond", "triangle-up", "triangle-down", "cross"];
  draw(
    "plot-runs",
    all.map(({ r, encoder, name, of, k }, at) => {
      const mine = r.methods.map((method, m) => ({ ...method, m })).slice(1),
        side = (which) => mine.map(({ m }) => of[which][m][k]),
        drawn = mine.map(({ m }) => ends(m, k, r, encoder)),
        tone = colour(tones[at % tones.length]);
      return {
        type: "scatter",
        mode: "markers",
        name: plain(name, 60),
        x: side("difference"),
        y: mine.map((method) => names.indexOf(method.name) + (at / (all.length - 1) - 0.5) * 0.6),
        marker: { size: 9, color: tone, symbol: shapes[at % shapes.length] },
        error_x: {
          ...whiskers(
            drawn.map(({ low }) => low),
            side("difference"),
            drawn.map(({ high }) => high),
          ),
          color: tone,
          thickness: 1.4,
          width: 3,
        },
        customdata: mine.map((method) => [plain(method.name), signed(of.difference[method.m][k])]),
        hovertemplate: "%{customdata[0]}: %{customdata[1]}",
      };
    }),
    {
      height: 130 + names.length * Math.max(30, 12 * all.length),
      yaxis: {
        tickvals: names.map((_, at) => at),
        ticktext: names.map((name) => plain(name, 32)),
        range: [names.length - 0.5, -0.5],
        zeroline: false,
      },
      xaxis: {
        title: { text: "difference from the own baseline, low-frequency classes" },
        zeroline: true,
        zerolinewidth: 2,
      },
    },
  );
  const untested = all.filter((source) => !source.tested).length;
  by("caption-runs").textContent =
    `In ${words(state.metric)}. Whiskers: ${untested === all.length ? SPREAD : `the simultaneous interval of the run's primary question${untested ? " where the run was tested in this metric, else one standard deviation over the seeds" : ""}`}. Each is measured on its own images, against its own baseline.`;
}
function advised(r, encoder, name) {
  const advice = r.recommendation,
    mine = advice && advice.encoder === encoder,
    held = mine && advice.method !== "baseline";
  return [
    name,
    whole(r.collection.images),
    String(r.classes.length),
    mine ? (held ? advice.method : "the baseline") : advice ? "–" : "not tested",
    held ? signed(advice.effect_rare) : "–",
    held ? `${signed(advice.effect_rare_low)} to ${signed(advice.effect_rare_high)}` : "–",
    held ? signed(advice.effect_remaining) : "–",
  ];
}
