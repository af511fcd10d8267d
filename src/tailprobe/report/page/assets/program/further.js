/* Further questions, each with its own error rate and its answers. */
function showFurther() {
  const asked = run().further,
    place = by("further");
  place.hidden = !asked.length;
  place.querySelectorAll("section").forEach((old) => old.remove());
  for (const question of asked) {
    const section = make("section"),
      list = make("ul");
    question.answers.forEach((answer) => list.append(make("li", answer)));
    section.append(make("h3", question.title), make("p", `${question.sentence}. Intervals hold for all of them at once.`), list);
    place.append(section);
  }
}
// What was investigated beside the comparison: a link to each page, with how its answer begins.
function showInvestigations() {
  const pages = run().investigations,
    list = clear(by("investigation-pages"));
  by("investigations").hidden = !pages.length;
  for (const page of pages) {
    const item = make("li"),
      anchor = make("a", page.title);
    anchor.href = page.address;
    item.append(anchor, make("span", page.answers.length ? `: ${page.answers[0]}` : ""));
    list.append(item);
  }
}
