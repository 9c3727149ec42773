"""Opens pages in Debian's Chromium and says what is wrong with them."""
import contextlib
import os
import pathlib
import re
import shutil

from playwright.sync_api import sync_playwright

SCREENSHOTS = pathlib.Path(__file__).resolve().parents[2] / ".build" / "screenshots"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
WIDTHS = {"wide": 1280, "narrow": 390}
SCHEMES = ("light", "dark")
WEIGHT_LIMIT = 60_000

# What a person with a screen reader, a keyboard or weak eyes would stumble over; runs in the page.
FAULTS = r"""
() => {
  const faults = [];
  const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const name = (e) => (e.getAttribute("aria-label") || e.textContent || e.getAttribute("title") || "").trim();
  if (document.querySelectorAll("h1").length !== 1) faults.push("not exactly one h1");
  if (!document.documentElement.lang) faults.push("no language");
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth)
    faults.push(`wider than the window by ${document.documentElement.scrollWidth - innerWidth} px`);
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!field.labels.length && !field.getAttribute("aria-label") && !field.getAttribute("aria-labelledby"))
      faults.push(`a field without a label: ${field.name}`);
  for (const control of document.querySelectorAll("a[href], button"))
    if (shown(control) && !name(control) && !control.querySelector("[aria-label], title, img[alt]"))
      faults.push(`a control without a name: ${control.outerHTML.slice(0, 80)}`);
  for (const image of document.querySelectorAll("img:not([alt])")) faults.push(`no alt: ${image.src}`);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`the id ${id} stands twice`);
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (style.backgroundImage !== "none") return null;
      const color = rgba(style.backgroundColor);
      if (color[3] === 255) return color;
      if (color[3] !== 0) return null;
    }
    return rgba(matchMedia("(prefers-color-scheme: dark)").matches ? "black" : "white");
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(element) || !shown(element)) continue;
    seen.add(element);
    if (element.closest("svg, [aria-hidden=true], :disabled, [aria-disabled=true]")) continue;
    const style = getComputedStyle(element), ground = behind(element), ink = rgba(style.color);
    if (!ground || ink[3] !== 255) continue;
    const [high, low] = [light(ink), light(ground)].sort((a, b) => b - a);
    const big = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (big ? 3 : 4.5))
      faults.push(`contrast ${ratio.toFixed(2)}: “${walker.currentNode.data.trim().slice(0, 40)}”`);
  }
  return faults;
}
"""


@contextlib.contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A tab that remembers what went wrong in it: script errors, refused resources, failed requests."""

    def __init__(self, context):
        self.page = context.new_page()
        self.errors = []
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        # The icon is fetched beside the page, and the next navigation may cut it short.
        self.page.on("requestfailed", lambda request: (
            request.url.endswith("-favicon.svg") and request.failure == "net::ERR_ABORTED"
            or self.errors.append(f"{request.url}: {request.failure}")))

    def open(self, url):
        """Goes to a page and returns what is wrong with it."""
        self.errors.clear()
        answer = self.page.goto(url, wait_until="load")
        faults = [] if answer.status == 200 else [f"status {answer.status}"]
        if len(answer.body()) > WEIGHT_LIMIT:
            faults.append(f"{len(answer.body())} bytes")
        return faults + self.faults()

    def faults(self):
        return self.page.evaluate(FAULTS) + self.errors

    def shoot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def links(self, origin):
        """Paths on this server that the page links to."""
        found = self.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
        paths = [link[len(origin):].split("#")[0] for link in found if link.startswith(origin + "/")]
        return list(dict.fromkeys(path for path in paths if path))


def look(browser, origin, state, paths, name):
    """What is wrong with pages in each width and colour scheme; pictures of them are kept."""
    faults = []
    for width in WIDTHS:
        for scheme in SCHEMES:
            size = {"width": WIDTHS[width], "height": 900}
            with browser.new_context(storage_state=state, viewport=size, color_scheme=scheme) as context:
                tab = Watched(context)
                for path in paths:
                    faults += [f"{path} {width} {scheme}: {fault}" for fault in tab.open(origin + path)]
                    tab.shoot(f"{name}{path.split('?')[0].replace('/', '-')}-{width}-{scheme}")
    return faults


def kind(path):
    """The path with identifiers and queries cut, so that a hundred members are one page to look at."""
    return re.sub(r"[a-z]{2,5}_[0-9a-z]{26}", "ID", path.split("?")[0])


def look_everywhere(browser, origin, state, start, name):
    """Follows the links from a page, every kind of page once, in each width and colour scheme.
    Returns the faults by page and the kinds that were seen."""
    faults, seen = {}, {}
    queue = [start]
    with browser.new_context(storage_state=state) as context:
        tab = Watched(context)
        while queue:
            path = queue.pop(0)
            if kind(path) in seen or not is_page(path):
                continue
            seen[kind(path)] = path
            faults[path] = tab.open(origin + path)
            queue += tab.links(origin)
    for width in WIDTHS:
        for scheme in SCHEMES:
            size = {"width": WIDTHS[width], "height": 900}
            with browser.new_context(storage_state=state, viewport=size, color_scheme=scheme) as context:
                tab = Watched(context)
                for page, path in seen.items():
                    found = [f"{width} {scheme}: {fault}" for fault in tab.open(origin + path)]
                    faults[path] += [fault for fault in found if fault not in faults[path]]
                    tab.shoot(f"{name}{page.replace('/', '-') if page != '/' else '-home'}-{width}-{scheme}")
    return {path: found for path, found in faults.items() if found}, list(seen)


def is_page(path):
    """Whether a link leads to a page of the console: not the API's JSON, not a file."""
    return not path.startswith(("/v1/", "/openapi", "/health", "/up", "/metrics", "/.well-known"))
