"use strict";
// Draws a figure of affectlab into an element: for the element's width, in the page's light or dark colours, and again
// whenever one of these changes. The page's reader may have chosen light or dark: then data-theme of the root element
// says so. A figure carries what differs on a phone in layout.meta.narrow, and its description in layout.meta.alt.
// Needs Plotly.
const affectlab = (() => {
  const darkColours = {{dark}}, wide = {{wide}};
  const system = matchMedia("(prefers-color-scheme: dark)"), root = document.documentElement;
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  const drawn = new Map();

  function changed(old, changes) {
    for (const [key, change] of Object.entries(changes)) {
      const both = change && old[key] && typeof change === "object" && typeof old[key] === "object";
      old[key] = both && !Array.isArray(change) ? changed(old[key], change) : change;
    }
    return old;
  }

  function recoloured(value, isColour) {
    if (typeof value === "string") return isColour && Object.hasOwn(darkColours, value) ? darkColours[value] : value;
    if (Array.isArray(value)) return value.map(part => recoloured(part, isColour));
    if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, recoloured(part, isColour || key.includes("color"))]));
  }

  function show(place, figure) {
    const narrow = place.clientWidth < wide, looks = `${narrow} ${isDark()}`;
    if (place.dataset.looks === looks) return;
    place.dataset.looks = looks;
    let shown = structuredClone(figure);
    if (narrow && shown.layout.meta?.narrow) shown = changed(shown, shown.layout.meta.narrow);
    if (isDark()) shown = recoloured(shown, false);
    Plotly.react(place, shown.data, shown.layout, { responsive: true, displaylogo: false, displayModeBar: false });
  }

  const again = () => drawn.forEach((figure, place) => show(place, figure));
  system.addEventListener("change", again);
  new MutationObserver(again).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
  const watcher = new ResizeObserver(again);

  return {
    draw(place, figure) {
      place.setAttribute("role", "img");
      place.setAttribute("aria-label", figure.layout.meta?.alt ?? figure.layout.title?.text ?? "figure");
      drawn.set(place, figure);
      watcher.observe(place);
      show(place, figure);
    },
  };
})();
