
// One alert, or one process, with all that the report knows of it.

function makeDetail(changed) {
  const panel = make("article", { id: "detail", tabindex: "-1", "aria-label": "What is selected", "aria-live": "polite" });
  const back = make("button", {
    type: "button", class: "back", onclick: () => document.querySelector(".list").focus(),
  }, "Back to the list");

  const show = (...parts) => panel.replaceChildren(...parts.filter((part) => part !== null));

  function showAlert(alert) {
    const rule = ruleOf(alert);
    const process = processOf(alert);
    const offset = offsetOf(alert);
    const why = data.whys[alerts.why[alert]].map((line) => make("li", {}, strings[line]));
    const tags = [...rule.tactics, ...rule.techniques].map((tag) => make("span", { class: "tag" }, tag));
    show(
      make("p", { class: "kicker" },
        make("span", { class: `priority ${rule.priority}` }, rule.priority), " ",
        make("time", {}, `${clock(alerts.time[alert], offset)} ${zoneName(offset)}`)),
      make("h2", {}, rule.name),
      make("p", { class: "output" }, strings[alerts.text[alert]]),
      alerts.incomplete.has(alert)
        ? make("p", { class: "doubt" }, "Something was lost before this event that the alert may rest on.")
        : null,
      make("p", { class: "description" }, rule.description),
      make("p", {}, ...tags),
      make("h3", {}, "Why it matched"),
      why.length ? make("ul", { class: "why" }, ...why) : make("p", {}, "Not kept: the report had no room for more reasons."),
      ...ofProcess(process),
      make("h3", {}, "Evidence"),
      facts([
        ["Alert", evidenceOf(alert)],
        ["Event", `${grouped(data.alerts.number[alert])} of ${data.captures[data.alerts.capture[alert]] ?? "the capture"}`],
        ["Look closer", explainCommand(alert)],
      ]),
      back);
  }

  function showProcess(at) {
    const process = processAt(at);
    show(make("p", { class: "kicker" }, "Process"), make("h2", {}, `${process.name} (${process.pid})`), ...ofProcess(process), back);
  }

  function facts(pairs) {
    const list = make("dl", { class: "facts" });
    for (const [name, value] of pairs) if (value) list.append(make("dt", {}, name), make("dd", {}, value));
    return list;
  }

  /** A process: where it is, whose child, and what it did. */
  function ofProcess(process) {
    if (!process) return [make("h3", {}, "Process"), make("p", {}, "Not known, or there was no room for it.")];
    const line = [];
    const seen = new Set();
    for (let above = process; above && !seen.has(above.at); above = processAt(above.parent)) {
      seen.add(above.at);
      line.unshift(above);
    }
    const tree = make("ol", { class: "tree" });
    line.forEach((one, depth) => {
      const item = make("li", one === process ? { "aria-current": "true" } : {},
        make("b", {}, one.name), ` ${one.pid} `, make("code", {}, one.command || one.exe));
      item.style.marginInlineStart = `${Math.min(depth, 8) * 12}px`;
      tree.append(item);
    });
    const only = make("button", {
      type: "button", "aria-pressed": String(filter.process === process.at),
      onclick: () => {
        filter.process = filter.process === process.at ? -1 : process.at;
        changed();
      },
    }, "Only its alerts");
    const node = data.nodes[process.node]?.[0];
    return [
      make("h3", {}, "Process"), tree,
      facts([
        ["Program", process.exe], ["User", process.user],
        ["Container", process.container < 0 ? "" : containerName(process.container)], ["Node", node],
      ]),
      make("p", {}, only),
      ...ofActs(acts.get(process.life)),
    ];
  }

  function ofActs(done) {
    if (!done) return [];
    const sections = [["Files", done.files], ["Programs it ran", done.programs], ["Connections", done.connections]];
    return sections.filter(([, of]) => of.things.length).flatMap(([title, of]) => {
      const rows = of.things.map(([thing, calls, failed]) => make("tr", {},
        make("td", {}, make("code", {}, thing)),
        make("td", {}, calls, failed ? make("span", { class: "failed" }, ` ${grouped(failed)} failed`) : null)));
      const more = of.more ? make("p", { class: "hint" }, `Others are not listed: ${counted(of.more, "more act")}.`) : null;
      return [make("h3", {}, title), make("table", {}, make("tbody", {}, ...rows)), more].filter((part) => part !== null);
    });
  }

  return { panel, showAlert, showProcess, clear: () => show(make("p", { class: "hint" }, "Nothing is selected.")) };
}

/** What a shell takes as it stands, whatever is in it. */
const shellWord = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function explainCommand(alert) {
  const capture = data.captures[data.alerts.capture[alert]] ?? "CAPTURE";
  return `falco-analyze explain ${shellWord(capture)} --rule ${shellWord(ruleOf(alert).name)} --event ${data.alerts.number[alert]}`;
}
