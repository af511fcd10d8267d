/* The parts of the page fold, all but the answer. On a narrow screen they are closed at first: a reader with a phone sees the
   answer and the names of what else there is. */
const NARROW = matchMedia("(max-width: 40rem)");
const folds = () => [...document.querySelectorAll("details")].filter((part) => part.classList.contains("fold"));
function foldAtFirst() {
  setOpen(folds(), !NARROW.matches);
  unfold(document.getElementById(location.hash.slice(1)));
}
function setOpen(parts, open) {
  parts.forEach((part) => {
    part.open = open;
  });
}
// Open whatever an element lies in, and the part itself that a section is.
function unfold(element) {
  if (!element) return;
  const own = element.querySelector(":scope > details.fold");
  for (let fold = own ?? element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element && event.target.closest('a[href^="#"]');
  if (link) unfold(document.getElementById(link.getAttribute("href").slice(1)));
});
// Pictures of a part are drawn when it is opened; "toggle" does not bubble.
document.addEventListener("toggle", drawUnfolded, true);
