"""A report is sound HTML that loads nothing and runs nothing: check_page.py PAGE WRONG_SAMPLES"""

import base64
import html.parser
import re
import sys

ALLOWED = set(
    "html head meta title style body main h1 h2 p div span br table tr th td figure figcaption img details summary pre "
    "code svg text line path circle rect".split()
)
VOID = {"meta", "br", "img"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.images, self.text = [], 0, {}

    def handle_starttag(self, tag, attributes):
        assert tag in ALLOWED, f"<{tag}> at {self.getpos()}"
        for name, value in attributes:
            assert not name.startswith("on") and name not in ("href", "srcset", "action"), (tag, name)
            assert name == "content" or "url(" not in value, (tag, name, value)
            if name == "src":
                self.images += 1
                assert value.startswith("data:image/png;base64,"), value[:40]
                assert base64.b64decode(value.split(",", 1)[1], validate=True).startswith(b"\x89PNG\r\n")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data):
        if self.open:
            self.text.setdefault(self.open[-1], []).append(data)


page = Page()
source = open(sys.argv[1], encoding="utf-8").read()
page.feed(source)
page.close()
assert not page.open, page.open
assert source.startswith("<!DOCTYPE html>\n")
assert not re.search(r"@import|url\(", "".join(page.text["style"]))

least = [float(share) for share in re.findall(r"<div>labelled .*?, ([0-9.]+)&nbsp;%<br>", source)]
assert len(least) == int(sys.argv[2]) and least == sorted(least), least
# Beside each image its evidence map, and one scale for all.
assert page.images == 2 * len(least) + bool(least), f"{page.images} images"
