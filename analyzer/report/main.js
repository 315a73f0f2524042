
// The page: a search, filters, the timeline, the list and what is selected, beside the document that is there without scripts.

const GROUPINGS = [["time", "in order of time"], ["process", "by process tree"], ["rule", "by rule"], ["container", "by container"]];
let grouping = "time";

const search = make("input", {
  type: "search", id: "search", placeholder: "Search alerts, programs, users, containers", "aria-label": "Search", autocomplete: "off", spellcheck: "false",
  oninput: () => {
    filter.words = search.value.toLowerCase().split(/\s+/).filter((word) => word);
    changed();
  },
  onkeydown: (event) => {
    if (event.key === "ArrowDown") {
      list.view.focus();
      event.preventDefault();
    }
  },
});
const chips = make("div", { class: "chips", role: "group", "aria-label": "Priorities" });
const groupBy = make("select", {
  "aria-label": "Grouping",
  onchange: () => {
    grouping = groupBy.value;
    changed();
  },
}, ...GROUPINGS.map(([value, name]) => make("option", { value }, `Alerts ${name}`)));
const ruleSelect = make("select", {
  "aria-label": "Rule",
  onchange: () => {
    filter.rule = Number(ruleSelect.value);
    changed();
  },
}, make("option", { value: -1 }, "All rules"));
const clear = make("button", {
  type: "button",
  onclick: () => {
    clearFilter();
    search.value = "";
    changed();
  },
}, "Clear filters");
const status = make("p", { class: "status", role: "status" });

const timeline = makeTimeline(() => changed());
const detail = makeDetail(() => changed());
let selectedAlert = -1;
const list = makeList((value) => {
  if (typeof value === "number") {
    if (value !== selectedAlert) detail.showAlert(value);
    selectedAlert = value;
  } else {
    selectedAlert = -1;
    if (value.process !== undefined) detail.showProcess(value.process);
  }
});

function rowsOf(shown) {
  list.depths.clear();
  if (grouping === "process") return treeRows(list, shown);
  if (grouping === "rule") {
    return groupedRows(list, shown, (alert) => `rule-${alerts.rule[alert]}`,
      (alert) => ({ label: ruleOf(alert).name, more: ruleOf(alert).description }));
  }
  if (grouping === "container") {
    const containerOf = (alert) => data.processes.container[alerts.process[alert]] ?? -1;
    return groupedRows(list, shown, (alert) => `container-${containerOf(alert)}`,
      (alert) => ({ label: containerName(containerOf(alert)), more: "" }));
  }
  return Array.from(shown);
}

function drawChips() {
  const counts = new Map();
  for (let alert = 0; alert < alerts.count; alert++) {
    const priority = ruleOf(alert).priority;
    counts.set(priority, (counts.get(priority) ?? 0) + 1);
  }
  for (const priority of PRIORITIES.filter((priority) => counts.has(priority))) {
    chips.append(make("button", {
      type: "button", class: `chip ${priority}`, "aria-pressed": "false", "data-priority": priority,
      onclick: () => {
        if (!filter.priorities.delete(priority)) filter.priorities.add(priority);
        changed();
      },
    }, priority, " ", make("span", { class: "count" }, grouped(counts.get(priority)))));
  }
}

function drawRules() {
  const counts = new Map();
  for (let alert = 0; alert < alerts.count; alert++) counts.set(alerts.rule[alert], (counts.get(alerts.rule[alert]) ?? 0) + 1);
  const sorted = [...counts].sort((one, other) => other[1] - one[1]);
  for (const [rule, count] of sorted) {
    ruleSelect.append(make("option", { value: rule }, `${data.rules[rule].name} (${grouped(count)})`));
  }
}

function changed(isKept = false) {
  const shown = matching();
  timeline.draw(filter.from > -Infinity || filter.to < Infinity ? matching(false) : shown);
  list.show(rowsOf(shown), () => changed(true), isKept === true);
  if (!shown.length) {
    detail.clear();
    selectedAlert = -1;
  }
  for (const chip of chips.children) chip.setAttribute("aria-pressed", String(filter.priorities.has(chip.dataset.priority)));
  ruleSelect.value = filter.rule;
  clear.disabled = !isFiltered();
  const beyond = data.beyond ? `; ${grouped(data.beyond)} more are only counted` : "";
  const of = isFiltered() ? `${grouped(shown.length)} of ${counted(alerts.count, "alert")}` : counted(alerts.count, "alert");
  status.textContent = of + beyond;
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, select");
  if (event.key === "/" && !isTyping) {
    search.focus();
    event.preventDefault();
  } else if (event.key === "Escape" && isFiltered()) {
    clear.click();
  }
});
addEventListener("resize", () => list.redraw());

const app = document.getElementById("app");
if (alerts.count) {
  drawChips();
  drawRules();
  app.append(
    timeline.section,
    make("div", { class: "tools" }, search, chips, ruleSelect, groupBy, clear),
    status,
    make("div", { class: "columns" }, list.view, detail.panel));
  app.hidden = false;
  document.getElementById("listed").hidden = true;
  changed();
}
document.documentElement.dataset.ready = String(Math.round(performance.now()));
