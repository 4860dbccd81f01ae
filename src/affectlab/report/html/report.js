"use strict";
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const button = document.getElementById("theme");

// Colours: the system decides until the reader does. ---------------------------------------------------------------

const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : system.matches;

function remembered() { try { return localStorage.getItem("affectlab theme"); } catch { return null; } }
function remember(theme) { try { localStorage.setItem("affectlab theme", theme); } catch { /* a file may have no storage */ } }

function themed() {
  button.textContent = isDark() ? "light" : "dark";
  button.setAttribute("aria-label", "show this page " + button.textContent);
}

button.onclick = () => { root.dataset.theme = isDark() ? "light" : "dark"; remember(root.dataset.theme); themed(); };
system.addEventListener("change", themed);
const chosen = remembered();
if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;

// Figures: drawn when they come near. Before that their place is kept, so that nothing jumps. ------------------------

const plots = [...document.querySelectorAll(".plot")];
const wide = Number(document.querySelector(".frame").dataset.wide);

function draw(plot) {
  near.unobserve(plot);
  affectlab.draw(plot, JSON.parse(document.getElementById(plot.dataset.from).textContent));
  plot.style.minHeight = "";
}

const near = new IntersectionObserver(entries => {
  for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
}, { rootMargin: "600px" });
for (const plot of plots) {
  if (plot.clientWidth < wide) plot.style.minHeight = plot.dataset.narrow + "px";
  near.observe(plot);
}
addEventListener("beforeprint", () => plots.filter(plot => !plot.dataset.looks).forEach(draw));

// Tables: a click on a heading sorts, numbers first from the largest. -------------------------------------------------

function sort(heading) {
  const table = heading.closest("table"), place = heading.cellIndex, body = table.tBodies[0];
  const rows = [...body.rows], by = row => row.cells[place].dataset.by;
  const numeric = rows.every(row => by(row) === "" || !Number.isNaN(Number(by(row))));
  const before = heading.getAttribute("aria-sort");
  const rising = before === "none" ? !numeric || heading.textContent === "verdict" : before === "descending";
  for (const one of table.tHead.rows[0].cells) if (one.hasAttribute("aria-sort")) one.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
  rows.sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    if (x === "" || y === "") return (x === "") - (y === "");  // what has no value stays at the end
    const order = numeric ? Number(x) - Number(y) : x.localeCompare(y);
    return rising ? order : -order;
  });
  body.append(...rows);
}

for (const heading of document.querySelectorAll("table.sortable th[aria-sort] button")) heading.onclick = () => sort(heading.parentElement);

// Contents: closed on a narrow screen; where the reader is stands out. -----------------------------------------------

const links = new Map([...document.querySelectorAll("#contents a")].map(link => [link.hash.slice(1), link]));
if (innerWidth < 1152) document.querySelector("#contents details").open = false;
const seen = new IntersectionObserver(entries => {
  for (const entry of entries) {
    const link = links.get(entry.target.id);
    if (!entry.isIntersecting) continue;
    links.forEach(one => one.classList.remove("here"));
    if (link) link.classList.add("here");
  }
}, { rootMargin: "-10% 0px -80% 0px" });
for (const section of document.querySelectorAll("main section")) seen.observe(section);

themed();
