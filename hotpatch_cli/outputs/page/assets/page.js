"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  // The theme is the system's until the reader chooses one; where storage is blocked, it isn't kept.
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
    try { localStorage.setItem("hotpatch-theme", chosen); } catch { /* storage may be blocked */ }
    paint();
  });
  dark.addEventListener("change", paint);
  paint();

  const make = (tag, properties = {}, ...children) => {
    const { label, ...rest } = properties;
    const element = Object.assign(document.createElement(tag), rest);
    if (label) element.setAttribute("aria-label", label);
    element.append(...children);
    return element;
  };
  const name = (text) => make("bdi", { textContent: text });

  // Copy buttons. A page that was opened as a file may have no clipboard: then the text is selected.
  const copy = async (button) => {
    const code = button.parentElement.querySelector("code");
    let done = false;
    try { await navigator.clipboard.writeText(code.textContent); done = true; } catch { /* below */ }
    if (!done) {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      try { done = document.execCommand("copy"); } catch { /* the text stays selected */ }
    }
    button.textContent = done ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button.copy");
    if (button) copy(button);
  });
  for (const button of document.querySelectorAll("button.copy")) button.hidden = false;

  // On paper everything is open and light.
  let unfolded = [];
  const unfold = () => {
    unfolded = [...document.querySelectorAll("details:not([open])")];
    for (const each of unfolded) each.open = true;
  };
  const fold = () => { for (const each of unfolded) each.open = false; };
  addEventListener("beforeprint", () => { printing = true; unfold(); paint(); });
  addEventListener("afterprint", () => { printing = false; fold(); paint(); });

  const source = byId("data");
  if (!source) return;

  // One row: name, then texts by number, then groups, restarts saved, findings, names for commands.
  const { texts, remedies, reasons, rows } = JSON.parse(source.textContent);
  const SHOWN = 50, PRINTED = 1000;
  const SEVERITY = ["unsupported", "action-required", "unknown", "ready"];
  const BLANKS = ["vm", "resource-group", "subscription", "region", "scale-set"];
  const FIELDS = ["verdict", "track", "platform", "product", "ring", "owner", "runner", "restart", "due", "sentence", "outcome"];
  const machines = rows.map((row, order) => {
    const m = { order, name: row[0] };
    FIELDS.forEach((key, at) => { m[key] = texts[row[at + 1]]; });
    const [groups, saved, why, blanks] = row.slice(FIELDS.length + 1);
    return Object.assign(m, {
      saved, why, blanks, groups: groups.map((each) => texts[each]),
      blockers: [...new Set(why.filter((each) => reasons[each][3]).map((each) => reasons[each][1]))],
    });
  });
  const some = (key) => machines.some((m) => m[key]);

  // A remedy: sentences with code in them, and commands with the names of a machine.
  const prose = (text) => text.split("`").map((part, at, all) => {
    if (at % 2 === 0) return part;
    if (at === all.length - 1) return "`" + part;
    return make("code", {}, ...part.split(" ").flatMap((word) => [make("span", { textContent: word }), " "]).slice(0, -1));
  });
  const FORMS = { word: 0, url: 2, plain: 3 };
  const value = (m, key, form, shell, update) => {
    if (key === "kb") return update;
    const at = m.blanks[BLANKS.indexOf(key === "machine" ? "vm" : key)];
    if (at === undefined || at < 0) return "";
    const known = texts[at];
    return typeof known === "string" ? known : known[form === "word" && shell === "PowerShell" ? 1 : FORMS[form]];
  };
  const filled = (m, shell, chunk, update) => chunk.flatMap((piece) => {
    const parts = typeof piece === "string" ? [piece] : [value(m, piece[0], piece[1], shell, update) || `<${piece[0]}>`];
    return parts.flatMap((part) => part.split(/(<[a-z][a-z -]*>)/).map((text, at) => (at % 2 ? make("i", { textContent: text }) : text)));
  });
  const command = (m, [shell, chunks], update) => {
    const known = chunks.filter((chunk) => chunk[0] !== "--subscription " || value(m, "subscription", "word", shell, ""));
    const code = make("code", { tabIndex: 0 }, ...known.flatMap((chunk) => [make("span", {}, ...filled(m, shell, chunk, update)), " "]).slice(0, -1));
    code.dataset.shell = shell;
    const box = make("div", { className: "command", label: `Command for ${shell}` }, code, make("button", { type: "button", className: "copy", textContent: "Copy" }));
    box.setAttribute("role", "group");
    return box;
  };
  const remedy = (m, steps, update) => steps.flatMap(([text, commands]) => [
    ...(text ? [make("p", {}, ...prose(text))] : []), ...commands.map((each) => command(m, each, update))]);

  // Filters: buttons and lists with counts, made with the page; here they work.
  const form = byId("filters"), search = byId("search"), clear = byId("clear");
  const facets = [...form.querySelectorAll("[data-facet]")].map((field) => {
    const key = field.dataset.facet, list = field.querySelector("select");
    const choices = [...field.querySelectorAll("[data-value]")];
    const numbers = new Map(choices.map((each, at) => [each.dataset.value, at]));
    // The values of each machine by number: one, or in a list the groups.
    const values = machines.map((m) => (key === "group" && m.groups.length > 1 ? m.groups.map((each) => numbers.get(each))
      : numbers.get(key === "group" ? m.groups[0] ?? "" : m[key])));
    return { list, choices, numbers, values, chosen: null };
  });
  const choose = (facet, chosen) => {
    facet.chosen = chosen;
    if (facet.list) facet.list.value = chosen === null ? "" : `=${chosen}`;
    else for (const each of facet.choices) each.setAttribute("aria-pressed", String(each.dataset.value === chosen));
  };
  for (const facet of facets) {
    if (facet.list) {
      facet.list.disabled = false;
      facet.list.addEventListener("change", () => { choose(facet, facet.list.value ? facet.list.value.slice(1) : null); select(); });
    } else for (const each of facet.choices) {
      each.disabled = false;
      each.addEventListener("click", () => { choose(facet, facet.chosen === each.dataset.value ? null : each.dataset.value); select(); });
    }
  }

  const hay = (m) => m.hay ??= [m.name, m.track, m.product, m.owner, m.outcome, ...m.why.flatMap((each) => [reasons[each][0], reasons[each][1], reasons[each][4], reasons[each][5]])].join("\n").toLowerCase();
  let kept = machines, found = machines, page = 0, limit = SHOWN;
  const open = new Set();

  const dash = (text) => name(text || "–");
  const when = (text) => make("span", {}, ...(text === "-" ? "–" : text).split(/(?<=,) | (?=or now)/).flatMap((part) => [make("span", { className: "whole", textContent: part }), " "]));
  const blocked = (m) => make("span", {}, ...(m.blockers.length ? m.blockers.slice(0, 2).flatMap((each, at) => [...(at ? [", "] : []), make("span", { className: "whole", textContent: each })]) : ["–"]),
    ...(m.blockers.length > 2 ? [` +${m.blockers.length - 2}`] : []));

  // Columns: title, what is sorted by, what is shown, whether a telephone leaves it out, its class.
  const columns = [
    ["Machine", (m) => m.name.toLowerCase(), null, false],
    ["Verdict", (m) => SEVERITY.indexOf(m.verdict), (m) => make("span", {}, make("span", { className: `verdict ${m.verdict}`, textContent: m.verdict }),
      ...(m.outcome ? [" ", make("span", { className: "whole outcome", textContent: m.outcome })] : [])), false],
    ["Blocked by", (m) => m.blockers.join(" ") || "~", blocked, true],
    ["Track", (m) => m.track, (m) => m.track || "–", true],
    ["Next restart", (m) => m.due, (m) => when(m.restart), false, "when"],
    ["Platform", (m) => m.platform, (m) => m.platform || "–", true],
    ...(machines.some((m) => m.groups.length) ? [["Groups", (m) => m.groups.join(" "), (m) => dash(m.groups.join(", ")), true]] : []),
    ...(some("ring") ? [["Ring", (m) => m.ring, (m) => dash(m.ring), true]] : []),
    ...(some("owner") ? [["Owner", (m) => m.owner, (m) => dash(m.owner), true]] : []),
    ["Saved", (m) => m.saved, (m) => String(m.saved), true, "figure"],
  ];
  const table = make("table");
  const head = make("tr");
  let sorted = null, upward = true;
  columns.forEach(([title, , , aside], number) => {
    const button = make("button", { type: "button", textContent: title });
    const cell = make("th", { scope: "col", className: aside ? "aside" : "" }, button);
    button.addEventListener("click", () => {
      upward = sorted === number ? !upward : true;
      sorted = number;
      for (const each of head.children) each.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", upward ? "ascending" : "descending");
      arrange();
    });
    head.append(cell);
  });
  const body = make("tbody");
  table.append(make("thead", {}, head), body);
  byId("table").append(table);

  const details = (m) => {
    const cell = make("td", { colSpan: columns.length });
    const inside = make("div", { className: "inside" });
    cell.append(inside);
    inside.append(make("p", {}, [m.platform, m.product, m.track && `track ${m.track}`, m.runner && `restarted by ${m.runner}`, `saves ${m.saved} restart${m.saved === 1 ? "" : "s"} this year`].filter(Boolean).join(" · "),
      ...(m.groups.length ? [" · groups ", name(m.groups.join(", "))] : []), ...(m.ring ? [" · ring ", name(m.ring)] : []), ...(m.owner ? [" · owner ", name(m.owner)] : [])));
    if (m.sentence) inside.append(make("p", {}, name(m.sentence)));
    for (const each of m.why) {
      const [code, rule, level, , message, aside, fix, update] = reasons[each];
      inside.append(make("p", { className: "finding" }, make("strong", { textContent: rule }), ` ${level} (`, make("a", { href: `#${code}`, className: "codes", textContent: code }), "): ", make("bdi", {}, ...prose(message)), ...(aside ? [" ", name(aside)] : [])),
        ...remedy(m, remedies[fix], update));
    }
    return make("tr", { className: "more" }, cell);
  };
  const line = (m) => {
    const button = make("button", { type: "button" }, Object.assign(name(m.name), { className: m.name.length <= 20 ? "whole" : "" }));
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
  const label = (facet, counts) => facet.choices.forEach((element, at) => {
    if (facet.list) element.textContent = `${element.dataset.value || "none"} (${number(counts[at])})`;
    else {
      element.querySelector(".n").textContent = number(counts[at]);
      element.classList.toggle("empty", counts[at] === 0);
    }
  });

  // The count of a value is the number of machines that it would leave, given the other filters.
  const narrow = (words) => {
    const counts = facets.map((facet) => new Array(facet.choices.length).fill(0));
    const add = (at, order) => {
      const value = facets[at].values[order];
      if (typeof value === "number") counts[at][value] += 1;
      else for (const each of value) counts[at][each] += 1;
    };
    const active = facets.flatMap((facet, at) => (facet.chosen === null ? [] : [[at, facet.values, facet.numbers.get(facet.chosen)]]));
    const kept = machines.filter((m) => {
      if (words && !hay(m).includes(words)) return false;
      let failed = -1;
      for (const [at, values, wanted] of active) {
        const value = values[m.order];
        if (value === wanted || (typeof value === "object" && value.includes(wanted))) continue;
        if (failed >= 0) return false;
        failed = at;
      }
      if (failed >= 0) add(failed, m.order);
      else for (let at = 0; at < facets.length; at += 1) add(at, m.order);
      return failed < 0;
    });
    facets.forEach((facet, at) => label(facet, counts[at]));
    return kept;
  };
  const select = () => {
    kept = narrow(search.value.trim().toLowerCase());
    const all = machines.length;
    byId("found").textContent = kept.length === all ? `${number(all)} machine${all === 1 ? "" : "s"}`
      : `${number(kept.length)} of ${number(all)} machine${all === 1 ? "" : "s"}`;
    arrange();
  };
  const arrange = () => {
    found = kept;
    if (sorted !== null) {
      const key = columns[sorted][1], sign = upward ? 1 : -1;
      found = kept.map((m) => [key(m), m]).sort(([a, m], [b, n]) => (a < b ? -sign : a > b ? sign : m.order - n.order)).map(([, m]) => m);
    }
    page = 0;
    draw();
  };
  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(select, 120); });
  form.addEventListener("submit", (event) => { event.preventDefault(); select(); });
  clear.addEventListener("click", () => {
    search.value = "";
    for (const facet of facets) choose(facet, null);
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

  // Paper has no pages to turn: it gets the machines that are found, up to a bound.
  addEventListener("beforeprint", () => { limit = PRINTED; page = 0; draw(); });
  addEventListener("afterprint", () => { limit = SHOWN; draw(); });

  search.closest("p").hidden = byId("table").hidden = false;
  select();
})();
