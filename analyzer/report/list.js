
// The list: only the rows that are seen are in the document, however many there are.
// A row is the place of an alert, or a group with its depth and how many alerts are below it.

const ROW = 52;
/** With more alerts than this, groups begin closed. */
const OPEN_MAX = 200;

function makeList(selected) {
  const inner = make("div", { class: "rows" });
  const view = make("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": "Alerts" }, inner);
  let rows = [];
  let current = 0;
  const toggled = new Set();

  const isOpen = (key, count) => toggled.has(key) !== count <= OPEN_MAX;

  function row(at) {
    const value = rows[at];
    const place = { role: "option", id: `row-${at}`, "aria-selected": String(at === current), "aria-posinset": at + 1, "aria-setsize": rows.length };
    const element = typeof value === "number" ? alertRow(value, place) : groupRow(value, place);
    element.style.top = `${at * ROW}px`;
    element.addEventListener("click", () => {
      select(at);
      if (typeof value !== "number") toggle(value);
    });
    return element;
  }

  function alertRow(alert, place) {
    const rule = ruleOf(alert);
    const depth = depths.get(alert) ?? 0;
    const element = make("div", { class: "row alert", ...place },
      make("span", { class: `priority ${rule.priority}` }, rule.priority),
      make("span", { class: "what" },
        make("b", {}, rule.name),
        make("span", { class: "text" }, strings[alerts.text[alert]])),
      make("time", {}, clock(alerts.time[alert], offsetOf(alert)).slice(11)));
    element.style.paddingInlineStart = `${12 + 18 * depth}px`;
    return element;
  }

  function groupRow(group, place) {
    const element = make("div", { class: "row group", ...place, "aria-expanded": String(group.isOpen) },
      make("span", { class: "mark", "aria-hidden": "true" }, group.isOpen ? "▾" : "▸"),
      make("span", { class: "what" }, make("b", {}, group.label), make("span", { class: "text" }, group.more)),
      make("span", { class: "count" }, grouped(group.count)));
    element.style.paddingInlineStart = `${12 + 18 * group.depth}px`;
    return element;
  }

  const depths = new Map();

  function draw() {
    const from = Math.max(0, Math.floor(view.scrollTop / ROW) - 4);
    const to = Math.min(rows.length, Math.ceil((view.scrollTop + view.clientHeight) / ROW) + 4);
    const elements = [];
    for (let at = from; at < to; at++) elements.push(row(at));
    inner.replaceChildren(...elements);
    if (rows.length) view.setAttribute("aria-activedescendant", `row-${current}`);
    else view.removeAttribute("aria-activedescendant");
  }

  function select(at, isQuiet = false) {
    current = Math.max(0, Math.min(rows.length - 1, at));
    const top = current * ROW;
    if (top < view.scrollTop) view.scrollTop = top;
    else if (top + ROW > view.scrollTop + view.clientHeight) view.scrollTop = top + ROW - view.clientHeight;
    draw();
    const value = rows[current];
    if (value !== undefined) selected(value, isQuiet);
  }

  let again = () => {};
  function toggle(group) {
    if (toggled.has(group.key)) toggled.delete(group.key);
    else toggled.add(group.key);
    again();
  }

  view.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  view.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(view.clientHeight / ROW) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length };
    const value = rows[current];
    const isGroup = value !== undefined && typeof value !== "number";
    if (event.key in steps) select(current + steps[event.key]);
    else if (isGroup && (event.key === "Enter" || event.key === " ")) toggle(value);
    else if (isGroup && event.key === "ArrowRight" && !value.isOpen) toggle(value);
    else if (isGroup && event.key === "ArrowLeft" && value.isOpen) toggle(value);
    else if (event.key === "Enter") document.getElementById("detail").focus();
    else return;
    event.preventDefault();
  });

  return {
    view,
    redraw: draw,
    /** Shows other rows; `refresh` makes them anew when a group opens or closes. */
    show(made, refresh, isKept) {
      rows = made;
      again = refresh;
      if (!isKept) {
        current = 0;
        view.scrollTop = 0;
      }
      inner.style.height = `${rows.length * ROW}px`;
      select(Math.min(current, rows.length - 1), true);
    },
    isOpen,
    depths,
  };
}

/** Rows of alerts below groups that have a key each. */
function groupedRows(list, shown, keyOf, labelOf) {
  const groups = new Map();
  for (const alert of shown) {
    const key = keyOf(alert);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(alert);
  }
  const rows = [];
  const sorted = [...groups].sort((one, other) => other[1].length - one[1].length);
  for (const [key, below] of sorted) {
    const isOpen = list.isOpen(key, shown.length);
    rows.push({ key, depth: 0, count: below.length, isOpen, ...labelOf(below[0]) });
    if (isOpen) for (const alert of below) rows.push(alert), list.depths.set(alert, 1);
  }
  return rows;
}

/** Rows of alerts below the tree of their processes, from the oldest ancestor down. */
function treeRows(list, shown) {
  const own = new Map();
  for (const alert of shown) {
    const process = alerts.process[alert];
    if (!own.has(process)) own.set(process, []);
    own.get(process).push(alert);
  }
  const counts = new Map();
  const children = new Map();
  const seen = new Set();
  for (const [process, below] of own) {
    // A process is no ancestor of itself, whatever a capture says.
    const line = new Set();
    for (let at = process; at >= 0 && !line.has(at); at = data.processes.parent[at]) {
      line.add(at);
      counts.set(at, (counts.get(at) ?? 0) + below.length);
      if (seen.has(at)) continue;
      seen.add(at);
      const parent = data.processes.parent[at];
      if (!children.has(parent)) children.set(parent, []);
      children.get(parent).push(at);
    }
  }
  const rows = [];
  const waiting = (children.get(-1) ?? []).map((at) => [at, 0]).reverse();
  if (own.has(-1)) for (const alert of own.get(-1)) rows.push(alert), list.depths.set(alert, 0);
  while (waiting.length) {
    const [at, depth] = waiting.pop();
    const process = processAt(at);
    const key = `process-${at}`;
    const isOpen = list.isOpen(key, own.has(at) ? shown.length : 0);
    const label = `${process.name} (${process.pid})`;
    const shift = Math.min(depth, 8);
    rows.push({ key, depth: shift, count: counts.get(at), isOpen, label, more: process.command || process.exe, process: at });
    if (!isOpen) continue;
    for (const alert of own.get(at) ?? []) rows.push(alert), list.depths.set(alert, shift + 1);
    for (const child of [...(children.get(at) ?? [])].reverse()) waiting.push([child, depth + 1]);
  }
  return rows;
}
