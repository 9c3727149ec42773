"""A person with a browser that has no window: cookies, redirects, forms; stops wherever the test wants to look."""
import html.parser
import http.client
import http.cookies
import urllib.parse


class Forms(html.parser.HTMLParser):
    """The forms of a page: action and fields, with the buttons' labels."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.button = [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "form":
            self.forms.append({"action": found.get("action", ""), "fields": {}, "buttons": {}})
        elif tag in ("input", "button") and self.forms:
            form = self.forms[-1]
            if tag == "button" or found.get("type") == "submit":
                self.button = (found.get("name"), found.get("value", ""))
                if tag == "input":
                    form["buttons"][found.get("value", "")] = self.button
            elif found.get("name") and found.get("type") != "checkbox":
                form["fields"][found["name"]] = found.get("value", "")

    def handle_data(self, data):
        if self.button and self.forms and data.strip():
            self.forms[-1]["buttons"].setdefault(data.strip(), self.button)

    def handle_endtag(self, tag):
        if tag == "button":
            self.button = None


class Page:
    def __init__(self, url, status, headers, body):
        self.url, self.status, self.headers = url, status, headers
        self.text = body.decode("utf-8", "replace")

    @property
    def forms(self):
        return Forms(self.text).forms

    def expect(self, status):
        assert self.status == status, f"{self.url}: {self.status}, not {status}: {self.text[:1500]}"
        return self

    def says(self, words):
        assert words in self.text, f"{words!r} is not in {self.url} ({self.status}): {self.text[:2500]}"
        return self


class Person:
    """One browser. `stop` is a function that is shown each address before it is fetched by a redirect."""

    def __init__(self, agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", network=None):
        self.cookies, self.agent, self.network = {}, agent, network

    def send(self, method, url, body=None, headers=None):
        """One request, no redirect followed."""
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=40)
        sent = {"Accept": "text/html", "User-Agent": self.agent, **(headers or {})}
        jar = self.cookies.setdefault(parts.netloc, {})
        if jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
            connection.request(method, target, body, sent)
            answer = connection.getresponse()
            page = Page(url, answer.status, answer.headers, answer.read())
        finally:
            connection.close()
        for line in page.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                if morsel["max-age"] == "0" or morsel.value == "":
                    jar.pop(name, None)
                else:
                    jar[name] = morsel.value
        return page

    def follow(self, page, stop=None):
        """Goes wherever the answers lead; stops before an address that `stop` holds back, and returns that."""
        for _ in range(12):
            target = page.headers["Location"] if page.status in (301, 302, 303) else None
            if page.headers["Refresh"]:
                target = page.headers["Refresh"].split("url=", 1)[1]
            if target is None:
                return page
            target = urllib.parse.urljoin(page.url, target)
            if stop and stop(target):
                return target
            page = self.send("GET", target)
        raise AssertionError(f"too many redirects: {page.url}")

    def open(self, url, stop=None):
        return self.follow(self.send("GET", url), stop)

    def press(self, page, label, stop=None, **fields):
        """Presses a button of the page and goes wherever that leads."""
        found = [form for form in page.forms if label in form["buttons"]]
        assert found, f"there is no button {label!r} in {page.url}: {page.forms} {page.text[:1500]}"
        form = found[0]
        values = {**form["fields"], **fields}
        name, value = form["buttons"][label]
        if name:
            values[name] = value
        action = urllib.parse.urljoin(page.url, form["action"] or page.url)
        parts = urllib.parse.urlsplit(page.url)
        headers = {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": page.url}
        return self.follow(self.send("POST", action, urllib.parse.urlencode(values), headers), stop)
