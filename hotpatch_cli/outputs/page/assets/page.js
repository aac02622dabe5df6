"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  // The theme: the system's until somebody chooses; a file that cannot remember forgets it.
  const remembered = (() => { try { return localStorage.getItem("hotpatch-theme"); } catch { return null; } })();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const themes = byId("theme");
  let chosen = ["light", "dark"].includes(remembered) ? remembered : "auto";
  let printing = false;
  const paint = () => {
    root.dataset.theme = printing ? "light" : chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
  };
  themes.value = chosen;
  themes.closest("p").hidden = false;
  themes.addEventListener("change", () => {
    chosen = themes.value;
    try { localStorage.setItem("hotpatch-theme", chosen); } catch { /* a file may not remember */ }
    paint();
  });
  dark.addEventListener("change", paint);
  paint();

  const source = byId("data");
  if (!source) return;

  // One row: name, verdict, track, platform, product, ring, restart, sentence, outcome (waived, known), groups, saved, reasons.
  const { texts, reasons, rows } = JSON.parse(source.textContent);
  const SHOWN = 50, PRINTED = 1000;
  const SEVERITY = ["unsupported", "action-required", "unknown", "ready"];
  const machines = rows.map((row, order) => {
    const [name, verdict, track, platform, product, ring, restart, sentence, outcome, groups, saved, why] = row;
    return {
      order, name, saved, why, verdict: texts[verdict], track: texts[track], platform: texts[platform],
      product: texts[product], ring: texts[ring], restart: texts[restart], sentence: texts[sentence],
      outcome: texts[outcome],
      groups: groups.map((each) => texts[each]), codes: [...new Set(why.map((each) => reasons[each][0]))],
    };
  });

  const make = (tag, properties = {}, ...children) => {
    const { label, ...rest } = properties;
    const element = Object.assign(document.createElement(tag), rest);
    if (label) element.setAttribute("aria-label", label);
    element.append(...children);
    return element;
  };
  const name = (text) => make("bdi", { textContent: text });

  // Filters
  const form = byId("filters");
  const field = (label, control) => { form.append(make("label", {}, label, control)); return control; };
  const search = field("Search name, rule or reason", make("input", { type: "search", id: "search", autocomplete: "off" }));
  const choice = (label, id, values) => {
    const select = make("select", { id });
    select.append(make("option", { value: "", textContent: "all" }));
    for (const value of values) select.append(make("option", { value: `=${value}`, textContent: value || "none" }));
    return field(label, select);
  };
  const values = (of) => [...new Set(machines.flatMap(of))].sort();
  const choices = [
    [choice("Verdict", "verdict", SEVERITY.filter((each) => machines.some((m) => m.verdict === each))), (m) => [m.verdict]],
    [choice("Platform", "platform", values((m) => m.platform)), (m) => [m.platform]],
    [choice("Group", "group", values((m) => m.groups.length ? m.groups : [""])), (m) => m.groups.length ? m.groups : [""]],
    [choice("Ring", "ring", values((m) => m.ring)), (m) => [m.ring]],
  ];
  const clear = make("button", { type: "button", id: "clear", textContent: "Clear" });
  form.append(clear);

  const hay = (m) => m.hay ??= [m.name, m.track, m.product, m.outcome, m.codes.join(" "), ...m.why.map((each) => reasons[each].slice(2).join("\n"))].join("\n").toLowerCase();
  let found = machines, page = 0, limit = SHOWN;
  const open = new Set();

  const when = (text) => make("span", {}, ...(text === "-" ? "–" : text).split(" ").flatMap((part) => [make("span", { className: "whole", textContent: part }), " "]));

  // Columns: title, what is sorted by, what is shown, whether a telephone leaves it out
  const columns = [
    ["Machine", (m) => m.name.toLowerCase(), null, false],
    ["Verdict", (m) => SEVERITY.indexOf(m.verdict), (m) => make("span", {}, make("span", { className: `verdict ${m.verdict}`, textContent: m.verdict }),
      ...(m.outcome ? [" ", make("span", { className: "whole outcome", textContent: m.outcome })] : [])), false],
    ["Track", (m) => m.track, (m) => m.track || "–", true],
    ["Platform", (m) => m.platform, (m) => m.platform, true],
    ["Groups", (m) => m.groups.join(" "), (m) => name(m.groups.join(", ") || "–"), true],
    ["Ring", (m) => m.ring, (m) => name(m.ring || "–"), true],
    ["Next restart", (m) => m.restart.replace(/^(by|after|overdue since) /, ""), (m) => when(m.restart), false, "when"],
    ["Saved", (m) => m.saved, (m) => String(m.saved), true, "figure"],
    ["Rules", (m) => m.codes.join(" "), (m) => m.codes.join(" ") || "–", true, "codes"],
  ];
  const table = make("table");
  const head = make("tr");
  let sorted = null, upward = true;
  columns.forEach(([title, key, , aside], number) => {
    const button = make("button", { type: "button", textContent: title });
    const cell = make("th", { scope: "col", className: aside ? "aside" : "" }, button);
    button.addEventListener("click", () => {
      upward = sorted === number ? !upward : true;
      sorted = number;
      for (const each of head.children) each.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", upward ? "ascending" : "descending");
      select();
    });
    head.append(cell);
  });
  const body = make("tbody");
  table.append(make("thead", {}, head), body);
  byId("table").append(table);

  const details = (m) => {
    const cell = make("td", { colSpan: columns.length });
    cell.append(make("p", {}, [m.platform, m.product, m.track && `track ${m.track}`, `saves ${m.saved} restarts this year`].filter(Boolean).join(" · "),
      ...(m.groups.length ? [" · groups ", name(m.groups.join(", "))] : []), ...(m.ring ? [" · ring ", name(m.ring)] : [])));
    if (m.sentence) cell.append(make("p", {}, name(m.sentence)));
    for (const each of m.why) {
      const [code, level, message, aside] = reasons[each];
      cell.append(make("p", {}, make("a", { href: `#${code}`, className: "codes", textContent: code }), ` ${level}: `, name(message), ...(aside ? [" ", name(aside)] : [])));
    }
    return make("tr", { className: "more" }, cell);
  };
  const line = (m) => {
    const button = make("button", { type: "button" }, name(m.name));
    const row = make("tr", {}, make("th", { scope: "row" }, button));
    for (const [, , show, aside, kind] of columns.slice(1)) {
      row.append(make("td", { className: `${aside ? "aside " : ""}${kind ?? ""}` }, show(m)));
    }
    button.setAttribute("aria-expanded", String(open.has(m)));
    button.addEventListener("click", () => {
      if (open.delete(m)) row.nextSibling.remove();
      else { open.add(m); row.after(details(m)); }
      button.setAttribute("aria-expanded", String(open.has(m)));
    });
    return open.has(m) ? [row, details(m)] : [row];
  };

  const pages = byId("pages");
  const before = make("button", { type: "button", textContent: "Previous", id: "previous" });
  const after = make("button", { type: "button", textContent: "Next", id: "next" });
  const place = make("span");
  pages.append(before, place, after);
  before.addEventListener("click", () => { page -= 1; draw(); });
  after.addEventListener("click", () => { page += 1; draw(); });

  const draw = () => {
    const last = Math.max(0, Math.ceil(found.length / limit) - 1);
    page = Math.min(page, last);
    body.replaceChildren(...found.slice(page * limit, (page + 1) * limit).flatMap(line));
    pages.hidden = last === 0;
    place.textContent = `Page ${page + 1} of ${last + 1}`;
    before.disabled = page === 0;
    after.disabled = page === last;
  };
  const number = (count) => count.toLocaleString("en");
  const select = () => {
    const words = search.value.trim().toLowerCase();
    const wanted = choices.filter(([control]) => control.value);
    found = machines.filter((m) => (!words || hay(m).includes(words))
      && wanted.every(([control, of]) => of(m).includes(control.value.slice(1))));
    if (sorted !== null) {
      const key = columns[sorted][1], sign = upward ? 1 : -1;
      found = found.map((m) => [key(m), m]).sort(([a, m], [b, n]) => (a < b ? -sign : a > b ? sign : m.order - n.order)).map(([, m]) => m);
    }
    page = 0;
    const all = machines.length;
    byId("found").textContent = found.length === all ? `${number(all)} machine${all === 1 ? "" : "s"}`
      : `${number(found.length)} of ${number(all)} machine${all === 1 ? "" : "s"}`;
    draw();
  };
  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(select, 120); });
  for (const [control] of choices) control.addEventListener("change", select);
  form.addEventListener("submit", (event) => { event.preventDefault(); select(); });
  clear.addEventListener("click", () => {
    search.value = "";
    for (const [control] of choices) control.value = "";
    select();
    search.focus();
  });
  for (const button of document.querySelectorAll("button.show")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      clear.click();
      search.value = button.dataset.code;
      select();
      byId("machines").scrollIntoView();
    });
  }

  let unfolded = [];
  const unfold = () => {
    unfolded = [...document.querySelectorAll("details:not([open])")];
    for (const each of unfolded) each.open = true;
  };
  const fold = () => { for (const each of unfolded) each.open = false; };

  // On paper there are no pages to turn: the machines that are found, up to a bound.
  addEventListener("beforeprint", () => { printing = true; unfold(); limit = PRINTED; page = 0; paint(); draw(); });
  addEventListener("afterprint", () => { printing = false; fold(); limit = SHOWN; paint(); draw(); });

  form.hidden = byId("table").hidden = false;
  select();
})();
