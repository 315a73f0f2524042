
// Which alerts are shown: a text, priorities, a rule, a tactic, a process, a stretch of time.

const filter = { words: [], priorities: new Set(), rule: -1, tactic: "", process: -1, from: -Infinity, to: Infinity };

/** Texts in small letters, made when somebody searches for the first time. */
let lower = null;

/** By number of a text, whether it has the word. */
function textsWith(word) {
  lower ??= strings.map((text) => text.toLowerCase());
  const found = new Uint8Array(lower.length);
  for (let at = 0; at < lower.length; at++) found[at] = lower[at].includes(word) ? 1 : 0;
  return found;
}

/** By alert, whether it, its rule, its process or its container has the word. */
function alertsWith(word) {
  const texts = textsWith(word);
  const rules = data.rules.map((rule) =>
    [rule.name, rule.priority, ...rule.tactics, ...rule.techniques].some((text) => text.toLowerCase().includes(word)));
  const containers = data.containers.map((parts) => parts.some((text) => texts[text]));
  const { name, exe, command, user, pid, container } = data.processes;
  const processes = name.map((_, at) =>
    texts[name[at]] || texts[exe[at]] || texts[command[at]] || texts[user[at]] ||
    String(pid[at]) === word || containers[container[at]] === true);
  return (alert) => texts[alerts.text[alert]] === 1 || rules[alerts.rule[alert]] || processes[alerts.process[alert]];
}

/** The alerts that are shown, in the order of their times; without the stretch of time where it is not asked for. */
function matching(withTime = true) {
  const tests = filter.words.map(alertsWith);
  if (filter.priorities.size) {
    const wanted = data.rules.map((rule) => filter.priorities.has(rule.priority));
    tests.push((alert) => wanted[alerts.rule[alert]]);
  }
  if (filter.rule >= 0) tests.push((alert) => alerts.rule[alert] === filter.rule);
  if (filter.tactic) {
    const wanted = data.rules.map((rule) => rule.tactics.includes(filter.tactic));
    tests.push((alert) => wanted[alerts.rule[alert]]);
  }
  if (filter.process >= 0) tests.push((alert) => alerts.process[alert] === filter.process);
  if (withTime && (filter.from > -Infinity || filter.to < Infinity)) {
    tests.push((alert) => alerts.time[alert] >= filter.from && alerts.time[alert] <= filter.to);
  }
  return tests.length ? inOrder.filter((alert) => tests.every((test) => test(alert))) : inOrder;
}

const isFiltered = () =>
  filter.words.length > 0 || filter.priorities.size > 0 || filter.rule >= 0 || filter.tactic !== "" ||
  filter.process >= 0 || filter.from > -Infinity || filter.to < Infinity;

function clearFilter() {
  Object.assign(filter, { words: [], rule: -1, tactic: "", process: -1, from: -Infinity, to: Infinity });
  filter.priorities.clear();
}
