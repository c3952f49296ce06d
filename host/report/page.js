"use strict";
// Filters what the page already holds. Without this script the page is complete; only the filter is missing.
(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId("filter"), words = byId("words"), port = byId("port"), verdict = byId("verdict"), shown = byId("shown");
  const theme = byId("theme"), pointed = byId("pointed");
  form.hidden = false;
  theme.hidden = false;

  // Ports of a row as ranges; text such as "type 8" has none.
  const rangesOf = (text) => {
    if (text === "any") return [[0, 65535]];
    if (/^type/.test(text)) return [];
    const service = text.split(" from ")[0].replace(/^[a-z]+\//, "");
    return [...service.matchAll(/(\d+)(?:-(\d+))?/g)].map((m) => [Number(m[1]), Number(m[2] ?? m[1])]);
  };
  const rows = [...document.querySelectorAll(".row")].map((element) => ({
    element,
    text: (element.textContent + " " + (element.closest("details")?.querySelector(".role-name")?.textContent ?? "") + " " +
           (element.querySelector(".place")?.title ?? "")).toLowerCase(),
    ports: element.dataset.ports === undefined ? null : rangesOf(element.dataset.ports),
    verdict: element.dataset.verdict ?? "",
  }));
  const findings = [...document.querySelectorAll(".finding")].map((element) => ({element, text: element.textContent.toLowerCase()}));
  const marks = new Map();
  for (const mark of document.querySelectorAll("a.mark")) marks.set(mark.dataset.entry, mark);

  const apply = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const number = port.value === "" ? null : Number(port.value);
    const has = (text) => wanted.every((word) => text.includes(word));
    let count = 0, total = 0;
    for (const row of rows) {
      const fits = has(row.text) && (verdict.value === "" || row.verdict === verdict.value) &&
                   (number === null || (row.ports !== null && row.ports.some(([a, b]) => a <= number && number <= b)));
      row.element.hidden = !fits;
      if (!row.element.id) continue;
      total += 1;
      count += fits ? 1 : 0;
      marks.get(row.element.id.slice(1))?.classList.toggle("faded", !fits);
    }
    for (const finding of findings) finding.element.hidden = !has(finding.text);
    for (const role of document.querySelectorAll("details.role")) role.hidden = !role.querySelector(".row:not([hidden])");
    byId("nothing").hidden = count > 0;
    const filtered = wanted.length > 0 || number !== null || verdict.value !== "";
    shown.textContent = filtered ? `${count} of ${total} rows` : "";
  };
  for (const control of [words, port, verdict]) control.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));

  const hint = pointed?.textContent;
  const point = (event) => {
    const mark = event.target.closest?.("a.mark");
    if (mark) pointed.textContent = mark.getAttribute("aria-label");
  };
  const map = document.querySelector(".map");
  map?.addEventListener("pointerover", point);
  map?.addEventListener("focusin", point);
  map?.addEventListener("pointerleave", () => { pointed.textContent = hint; });
  map?.addEventListener("click", (event) => {
    const mark = event.target.closest("a.mark");
    const row = mark && byId("e" + mark.dataset.entry);
    if (row) row.closest("details").open = true;
  });

  theme.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  // Printed, every role is open, whatever was closed on the screen.
  addEventListener("beforeprint", () => { for (const role of document.querySelectorAll("details")) role.open = true; });
})();
