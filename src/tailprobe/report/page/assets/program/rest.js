/* Mistakes, statistics, settings. */
/* ---- 6 mistakes of the class that is open ---- */
function showMistakes() {
  const r = run(),
    m = r.mistakes,
    name = r.classes[r.curves.classes[Number(by("one-class").value)]].name,
    place = m ? m.classes.indexOf(name) : -1,
    mine = m ? m.images.filter((image) => image.class_index === place) : [];
  by("mistake-words").textContent = !m
    ? "This run kept no mistakes."
    : place < 0
      ? "Mistakes are kept of the rarest classes alone."
      : `Test images with the most wrong scores under the baseline or ${r.chosen}, encoder ${m.encoder}, mean over the seeds that tested them. False negatives carry the class and score low; false positives do not and score high. Labels may be wrong too.`;
  showTiles(
    "false-negatives",
    mine.filter((image) => image.kind === "false negative"),
  );
  showTiles(
    "false-positives",
    mine.filter((image) => image.kind === "false positive"),
  );
}

/* ---- 7 statistics, 8 about ---- */
function showStatistics() {
  const r = run(),
    list = clear(by("statistics-lines")),
    box = clear(by("blind"));
  const lines = r.recommendation
    ? r.recommendation.statistics
    : [
        "The methods were not tested; differences are means over seeds with their spread, which is no confidence interval.",
      ];
  [
    ...lines,
    ...(r.about.tuned_on_test
      ? ["Epochs and thresholds were chosen on the images reported, so every score here is optimistic."]
      : []),
  ].forEach((line) => {
    const item = make("li");
    explained(item, line);
    list.append(item);
  });
  explained(by("statistics-short"), inShort(r));
  showLacking(box, r.lacking);
  const judgement = r.comparison.verdicts[state.encoder];
  if (!judgement) return;
  const blind = r.classes
    .map((k, i) => [k, i])
    .filter(([, i]) => judgement.verdict.slice(1).every((row) => ["underpowered", "not tested"].includes(row[i])));
  if (blind.length)
    box.append(
      make("h3", "Underpowered or not tested"),
      table(
        ["class", "in test", "minimum detectable effect"],
        blind
          .slice(0, 100)
          .map(([k, i]) => [
            k.name,
            whole(k.parts[2]),
            number(largest(judgement.minimum_detectable_effect.slice(1).map((row) => row[i]))),
          ]),
      ),
    );
}
// What was tested, how, and what stayed open, in a paragraph.
function inShort(r) {
  if (!r.recommendation) return "Nothing was tested: what is shown are means over the seeds and their spread.";
  const of = questions().map((question) => question.sentence);
  return `${many(r.about.seeds.length, "seed")}, all methods paired by seed. ${of.length ? `${of.join("; ")}.` : "Nothing was tested."} Verdicts rest on the simultaneous interval; a difference within ±${r.comparison.margin} is practically equal. Single classes are ${questions("classes").length ? "a question of their own" : "exploratory: each has its own 95% interval and no verdict"}.`;
}
// What would have settled the answers that stayed open: seeds or images, either alone.
function showLacking(box, lacking) {
  const mine = lacking.filter((row) => row.encoder === state.encoder);
  if (!mine.length) return;
  box.append(
    make("h3", "What would settle the open answers"),
    make(
      "p",
      "More seeds, or more labelled images of the classes named, so that a difference as large as the margin is detected with 80% power. Either alone is enough.",
    ),
    table(
      ["method", "classes", "minimum detectable effect", "margin", "seeds", "or"],
      mine.map((row) => [
        row.method,
        row.class_name,
        number(row.minimum_detectable_effect),
        String(row.margin),
        row.seeds_needed === null ? "no number is enough" : `${whole(row.seeds_needed)} instead of ${whole(row.seeds)}`,
        row.images_to_label,
      ]),
    ),
  );
}
const largest = (values) => {
  const known = values.filter((value) => value !== null);
  return known.length ? Math.max(...known) : null;
};
function showAbout() {
  const about = run().about;
  by("repeat").textContent = about.repeat;
  by("settings").textContent = about.settings;
  by("study").href = `data:application/toml;charset=utf-8,${encodeURIComponent(about.settings)}`;
  by("repeat-words").textContent =
    "Paths in it are those of the machine that ran this; write your own in their place." +
    (about.kernel
      ? ` The heads were trained by the kernel ${about.kernel}; on a machine without it leave out --kernel, and the last digits may differ.`
      : "");
  clear(by("table-versions")).append(
    table(
      ["what", "value"],
      [
        ...Object.entries(about.versions),
        ...Object.entries(about.fingerprints).map(([k, v]) => [`fingerprint, ${k}`, v]),
        ["kernel", about.kernel],
        ["seconds", String(about.seconds)],
        ["seeds", about.seeds.join(", ")],
      ],
    ),
  );
}
