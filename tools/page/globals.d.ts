/** Plotly, which the page holds and runs when it draws. */
declare const Plotly: { react(element: HTMLElement, traces: object[], layout: object, settings: object): void };
interface Window {
  Plotly?: typeof Plotly;
}
