"""A person with a browser, played by the test client: opens pages, follows what stands there, fills forms in, sends."""

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client
from lxml import html

from notifications.outbox import drain

BUTTON = ".//*[self::button or self::input][@type='submit']"


def words_of(node) -> str:
    """Its text on one line."""
    return " ".join(node.text_content().split())


@dataclass
class Visitor:
    """Somebody and the page that they look at. What is not on the page cannot be clicked, chosen or filled in."""

    client: Client
    path: str = ""
    page: html.HtmlElement | None = None
    posted: tuple = field(default=(), repr=False)

    def go(self, path: str, status: int = 200) -> "Visitor":
        """Type an address, or come from a mail."""
        return self._look(self.client.get(path, follow=True), path, status)

    def follow(self, words: str, status: int = 200) -> "Visitor":
        """Click the first link with these words."""
        return self.go(self.link(words), status)

    def link(self, words: str) -> str:
        """Where the first link with these words leads."""
        links = [link for link in self.page.iterfind(".//a[@href]") if words in words_of(link)]
        assert links, f"{self.path}: no link {words!r} among {sorted({words_of(a) for a in self.page.iterfind('.//a')})}"
        return urlsplit(urljoin(f"http://testserver{self.path}", links[0].get("href"))).path

    def send(self, button: str, typed: dict | None = None, *, status: int = 200, where: str = "") -> "Visitor":
        """Fill in the form that has this button, and press it. `where`: words of that form, if there are several."""
        form, pressed = self._form(button, where)
        values, names = self._values(form)
        for name, value in (typed or {}).items():
            assert name in names, f"{self.path}: no field {name!r} among {sorted(names)}"
            values[name] = names[name](value)
        if pressed.get("name"):
            values[pressed.get("name")] = pressed.get("value", "")
        target = urljoin(f"http://testserver{self.path}", pressed.get("formaction") or form.get("action") or "")
        act = self.client.get if form.get("method", "get") == "get" else self.client.post
        target = urlsplit(target)
        self.posted = (act, f"{target.path}?{target.query}" if target.query else target.path, values)
        return self.again(status)

    def again(self, status: int = 200) -> "Visitor":
        """The second half of a double click: the same once more."""
        act, path, values = self.posted
        for value in values.values():
            if hasattr(value, "seek"):
                value.seek(0)
        return self._look(act(path, values, follow=True), path, status)

    @property
    def words(self) -> str:
        """What stands on the page, between its head and its foot."""
        return words_of(self.page.find(".//main"))

    @property
    def buttons(self) -> list[str]:
        """What can be pressed there."""
        return [words_of(node) for node in self.page.find(".//main").iterfind(".//button")]

    def has(self, *wanted: str) -> bool:
        """Whether all of these words stand there."""
        return all(words in self.words for words in wanted)

    def value(self, name: str) -> str:
        """What a field holds."""
        return next(values[name] for form in self.page.forms for values in [self._values(form)[0]] if name in values)

    def _look(self, answer, path, status):
        assert answer.status_code == status, f"{path}: {answer.status_code}\n{self._troubles(answer)}"
        self.path = answer.redirect_chain[-1][0] if answer.redirect_chain else path
        if answer["Content-Type"].startswith("text/html"):
            self.page = html.document_fromstring(answer.content.decode())
        self.answer = answer
        return self

    @staticmethod
    def _troubles(answer):
        if not answer["Content-Type"].startswith("text/html"):
            return ""
        page = html.document_fromstring(answer.content.decode())
        return [words_of(node) for node in page.find_class("error-summary") + page.iterfind(".//h1")]

    def _form(self, button, where):
        found = []
        for form in self.page.forms:
            if where in words_of(form):
                found += [(form, node) for node in form.iterfind(".//button") if button in words_of(node)]
        assert found, f"{self.path}: no button {button!r} among {self.buttons}"
        return found[0]

    def _values(self, form):
        """What the form holds as it is, and for each field a function from what is typed to what is sent."""
        values, names = {}, {}
        for node in form.iter("input", "select", "textarea"):
            name, kind = node.get("name"), node.get("type", "")
            if not name or kind == "submit" or node.get("disabled") is not None:
                continue
            if kind in {"radio", "checkbox"}:
                self._box(form, node, values, names)
            elif node.tag == "select":
                options = {option.get("value"): words_of(option) for option in node.iter("option")}
                names[name] = _chosen(self.path, name, options)
                if (value := node.value) is not None:
                    values[name] = value
            elif kind == "file":
                names[name] = lambda file: file
            else:
                names[name] = str
                values[name] = (node.text or "").removeprefix("\n") if node.tag == "textarea" else node.get("value", "")
        return values, names

    def _box(self, form, node, values, names):
        name, kind = node.get("name"), node.get("type")
        boxes = form.xpath(f".//input[@type='{kind}'][@name=$name]", name=name)
        labels = {label.get("for"): words_of(label) for label in form.iterfind(".//label[@for]")}
        options = {box.get("value", "on"): labels.get(box.get("id"), "") for box in boxes}
        one = _chosen(self.path, name, options)
        names[name] = one if kind == "radio" else lambda chosen: [one(value) for value in _listed(chosen)]
        if node.get("checked") is not None:
            value = node.get("value", "on")
            values[name] = value if kind == "radio" else [*values.get(name, []), value]


def _listed(chosen):
    return [chosen] if isinstance(chosen, str) else list(chosen)


def _chosen(path, name, options):
    """By its value, or the words of its label."""

    def choose(value):
        found = [key for key, label in options.items() if value == key] or [
            key for key, label in options.items() if value and value in label
        ]
        assert found, f"{path}: {name} offers no {value!r}, but {options}"
        return found[0]

    return choose


class Post:
    """The mailboxes: what left the outbox."""

    def drain(self) -> list:
        """Send what waits; returns what has come since the last time."""
        mail.outbox.clear()
        while drain():
            pass
        return list(mail.outbox)

    def letters(self) -> dict[str, list]:
        """What has come since the last time, by recipient."""
        found = {}
        for message in self.drain():
            for address in message.to:
                found.setdefault(address, []).append(message)
        return found


def link_in(message, part: str = "") -> str:
    """The first address in a mail that has this in it."""
    found = [urlsplit(url).path for url in re.findall(r"https?://testserver\S*", message.body)]
    return next(path for path in found if part in path)


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))
