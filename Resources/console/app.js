// What is better live: theme switch, copy buttons, dialogs, live parts, command palette.
// Every page works without this file.

const one = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Toast: one polite live region, made on first use so that a page without news has none.
let toastTimer;
function toast(text) {
  let region = one("#toast");
  if (!region) {
    region = make("div", { id: "toast", role: "status", class: "toast" });
    document.body.append(region);
  }
  region.hidden = false;
  region.textContent = text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { region.hidden = true; }, 2500);
}

// Theme
function applyTheme(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // The choice then lasts for this page only.
  }
  markTheme();
}

function markTheme() {
  const theme = document.documentElement.dataset.theme ?? "system";
  for (const button of all("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
}

// Copy: the code element that shares the button's wrapper.
async function copy(button) {
  const source = button.closest(".copyable, .code")?.querySelector("code");
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent);
    toast("Copied.");
  } catch {
    // No clipboard without TLS: select the text so that one key copies it.
    getSelection().selectAllChildren(source);
    toast("Selected. Press Ctrl C to copy.");
  }
}

// Dialogs
function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog?.showModal) return false;
  dialog.showModal();
  return true;
}

function guardTyped(form) {
  const input = one("[data-typed]", form);
  const submit = one("button:not([value])", form);
  if (!input || !submit) return;
  const check = () => { submit.disabled = input.value.trim() !== input.dataset.typed; };
  input.addEventListener("input", check);
  check();
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("button, a, dialog, summary");
  for (const menu of all(".menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (!target) return;
  if (target.matches("[data-copy]")) copy(target);
  else if (target.matches("[data-theme-choice]")) applyTheme(target.dataset.themeChoice);
  else if (target.matches("[data-palette]")) openPalette();
  else if (target.matches("[data-dismiss]")) target.closest(".flash")?.remove();
  else if (target.matches("[data-dialog]")) { if (openDialog(target.dataset.dialog)) event.preventDefault(); }
  else if (target.matches("[data-close]")) closeAround(target, event);
  else if (target.matches("dialog") && event.target === target) closeFromBackdrop(target, event);
});

function closeAround(button, event) {
  const dialog = button.closest("dialog[open]");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
}

function closeFromBackdrop(dialog, event) {
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right
    && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) dialog.close();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of all(".menu[open]")) { menu.open = false; one("summary", menu)?.focus(); }
  }
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
  }
});

// Forms: one press, one request. The back button brings the page out of the cache, so undo it there.
document.addEventListener("submit", (event) => {
  if (event.target.method === "get" || event.target.method === "dialog") return;
  const button = event.submitter;
  if (button?.getAttribute("aria-busy") === "true") event.preventDefault();
  else button?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => { for (const busy of all("[aria-busy]")) busy.removeAttribute("aria-busy"); });

// Live parts: [data-live] listens to an event stream, [data-refresh] asks every so many seconds;
// both replace the element with its newer self from the same page.
const pending = new Set();
let fetching = false;

async function refresh(id) {
  if (id) pending.add(id);
  if (fetching || document.hidden || pending.size === 0 || one("dialog[open]")) return;
  fetching = true;
  const ids = [...pending];
  pending.clear();
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
    if (response.ok && !response.redirected) replaceParts(ids, await response.text());
  } catch {
    // The next event or tick tries again.
  } finally {
    fetching = false;
    if (pending.size > 0) setTimeout(refresh, 1000);
  }
}

function replaceParts(ids, text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  for (const id of ids) {
    const before = document.getElementById(id);
    const after = page.getElementById(id);
    if (!before || !after || before.contains(document.activeElement)) continue;
    // Keep the element itself: the stream and the timer belong to it.
    before.replaceChildren(...after.childNodes);
    if (!("refresh" in after.dataset)) delete before.dataset.refresh;
    prepare(before);
  }
}

function startLive() {
  const streams = new Map();
  for (const part of all("[data-live][id]")) {
    const address = part.dataset.live;
    if (!streams.has(address)) streams.set(address, []);
    streams.get(address).push(part.id);
  }
  for (const [address, ids] of streams) {
    const source = new EventSource(address);
    const changed = () => ids.forEach((id) => refresh(id));
    source.onmessage = changed;
    source.addEventListener("change", changed);
  }
  for (const part of all("[data-refresh][id]")) {
    const seconds = Math.max(2, Number(part.dataset.refresh) || 5);
    const timer = setInterval(() => {
      if ("refresh" in part.dataset && part.isConnected) refresh(part.id);
      else clearInterval(timer);
    }, seconds * 1000);
  }
}
document.addEventListener("visibilitychange", () => refresh());

// Times are printed in UTC; the tooltip says the reader's own.
function prepare(root) {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
  for (const time of all("time[datetime]", root)) {
    const date = new Date(time.dateTime);
    if (!Number.isNaN(date.getTime())) time.title = format.format(date);
  }
  for (const form of all("dialog form", root)) guardTyped(form);
}

// A mailed or printed link carries its token in the fragment, which no server and no log sees: it goes into the form
// and out of the address.
function takeToken() {
  const token = /^#token=([0-9A-Za-z_]{1,100})$/.exec(location.hash)?.[1];
  const field = one("input[name=token]");
  if (!token || !field) return;
  field.value = token;
  field.readOnly = true;
  history.replaceState(null, "", location.pathname + location.search);
  one("input:not([readonly], [type=hidden])", field.form)?.focus();
}

// Command palette: every link of the navigation and every action of the page.
let palette;
function paletteItems() {
  const links = all(".sidebar nav a, .page-header .actions a, .tabs a").map((link) => ({
    label: link.dataset.label ?? link.textContent.trim(),
    group: link.closest(".group")?.querySelector("h2")?.textContent ?? "This page",
    run: () => link.click(),
  }));
  return [...links, ...all("[data-organization]").map((link) => ({
    label: `Switch to ${link.dataset.organization}`, group: "Organisations", run: () => link.click(),
  }))];
}

function openPalette() {
  palette ??= makePalette();
  if (palette.dialog.open) return;
  palette.input.value = "";
  palette.show(paletteItems());
  palette.dialog.showModal();
}

function makePalette() {
  const input = make("input", {
    type: "text", role: "combobox", "aria-label": "Go to", "aria-expanded": "true", "aria-controls": "palette-list",
    placeholder: "Go to…", autocomplete: "off", spellcheck: "false",
  });
  const list = make("ul", { id: "palette-list", role: "listbox", "aria-label": "Results" });
  const dialog = make("dialog", { class: "palette", "aria-label": "Command palette" }, input, list);
  document.body.append(dialog);
  let items = [];
  let shown = [];
  let selected = 0;

  function draw() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (item) => words.every((word) => `${item.label} ${item.group}`.toLowerCase().includes(word));
    shown = items.filter(fits).slice(0, 40);
    selected = Math.max(0, Math.min(selected, shown.length - 1));
    list.replaceChildren(...shown.map((item, index) => {
      const row = make("li", { role: "option", id: `palette-${index}`, "aria-selected": String(index === selected) },
        item.label, make("span", { class: "muted small" }, item.group));
      row.addEventListener("click", () => choose(index));
      return row;
    }));
    if (shown.length === 0) list.append(make("li", { role: "presentation", class: "muted" }, "Nothing by that name."));
    input.setAttribute("aria-activedescendant", shown.length > 0 ? `palette-${selected}` : "");
    one("[aria-selected=true]", list)?.scrollIntoView({ block: "nearest" });
  }
  function choose(index) {
    const item = shown[index];
    dialog.close();
    item?.run();
  }
  input.addEventListener("input", () => { selected = 0; draw(); });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length > 0) {
      event.preventDefault();
      selected = (selected + step + shown.length) % shown.length;
      draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(selected);
    }
  });
  return { dialog, input, show(next) { items = next; selected = 0; draw(); } };
}

markTheme();
prepare(document);
takeToken();
startLive();
// On a phone the tabs scroll: the one that is open is not left outside.
one(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
one(".error-summary")?.focus();
