"""A person with a browser, played by the test client: opens pages, follows what stands there, fills forms in, sends."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client
from lxml import html

from accounts.models import User
from notifications.models import Message
from notifications.outbox import drain
from tests.cast import signed_in

START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
BLOCKS = ("dt", "dd", "p", "li", "th", "td", "h1", "h2", "h3", "div", "label", "option", "br", "summary", "strong")


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
        assert links, (
            f"{self.path}: no link {words!r} among {sorted({words_of(a) for a in self.page.iterfind('.//a')})}"
        )
        return _local(urljoin(f"http://testserver{self.path}", links[0].get("href")))

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
        self.posted = (act, _local(target), values)
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

    def _look(self, answer, path, status):
        assert answer.status_code == status, f"{path}: {answer.status_code}\n{self._troubles(answer)}"
        self.path = answer.redirect_chain[-1][0].partition("#")[0] if answer.redirect_chain else path
        if answer["Content-Type"].startswith("text/html"):
            self.page = html.document_fromstring(answer.content.decode())
            for node in self.page.iter(*BLOCKS):
                node.tail = f" {node.tail or ''}"
        return self

    @staticmethod
    def _troubles(answer):
        if not answer["Content-Type"].startswith("text/html"):
            return ""
        page = html.document_fromstring(answer.content.decode())
        return [words_of(node) for node in [*page.iterfind(".//h1"), *page.find_class("error-summary")]]

    def _form(self, button, where):
        forms = [form for form in self.page.find(".//main").iter("form") if where in words_of(form)]
        found = [(form, node) for form in forms for node in form.iterfind(".//button") if button in words_of(node)]
        assert found, f"{self.path}: no button {button!r} among {self.buttons}"
        return next((pair for pair in found if words_of(pair[1]) == button), found[0])

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


def visit(email: str, path: str = "/") -> Visitor:
    """Somebody who has just signed in."""
    return Visitor(signed_in(User.objects.get(email=email))).go(path)


def _local(address):
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _listed(chosen):
    return [chosen] if isinstance(chosen, str) else list(chosen)


def _chosen(path, name, options):
    """By its value, or the words of its label."""

    def choose(value):
        exact = [key for key, label in options.items() if value in {key, label}]
        found = exact or [key for key, label in options.items() if value in label]
        assert found, f"{path}: {name} offers no {value!r}, but {options}"
        return found[0]

    return choose


class Post:
    """The mailboxes: what left the outbox, until it is read."""

    def __init__(self):
        self.letters: dict[str, list] = {}

    def come(self) -> dict[str, list]:
        """Send what waits; returns what has come since the last time, by recipient."""
        mail.outbox.clear()
        while drain():
            pass
        self.letters = {}
        for message in mail.outbox:
            assert "</" not in message.subject + message.body, f"{message.subject}: markup in a text"
            for address in message.to:
                self.letters.setdefault(address, []).append(message)
        return self.letters

    def to(self, email: str):
        """The one mail that somebody has got since the last time."""
        letters = self.come()
        assert len(letters.get(email, [])) == 1, {to: [one.subject for one in rows] for to, rows in letters.items()}
        return letters[email][0]

    def last(self, email: str):
        """The newest mail to somebody; those to others, of whom the test asks nothing, are not made."""
        self.forget(but=email)
        return self.come()[email][-1]

    @staticmethod
    def forget(but: str = "") -> None:
        """What waits is not looked at by this test."""
        Message.objects.filter(state=Message.State.QUEUED).exclude(recipient__email=but).delete()


def link_in(message, part: str = "") -> str:
    """The first address in a mail that has this in it."""
    found = [_local(url) for url in re.findall(r"https?://testserver\S*", message.body)]
    return next(path for path in found if part in path)


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))
