#!/usr/bin/env python3
"""The report page in headless Chromium: filters, port map, keyboard, accessibility tree, dark and light, print, and
that nothing is asked of the network.

  report_page_test.py PORTCULLIS SOURCE-FOLDER WORK-FOLDER [unittest's arguments]

Leaves report.png (the window as it opens) and report-filtered.png in the work folder. Where there is no Chromium it
says "skipped: ..." and what to install, and exits with 77.
"""
import os
import re
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser, find_chromium

PORTCULLIS, SOURCE, WORK = "", "", ""

HOSTILE = """| Server role | Service | Port | Protocol | Notes |
|---|---|---|---|---|
| Web | &lt;script&gt;window.taken = 1&lt;/script&gt; | 80 | TCP | x |
| Web | <img src=x onerror="window.taken = 2"> | 81 | TCP | " onmouseover="window.taken = 3 |
| Web | "><svg onload="window.taken = 4"> | 82 | TCP | x |
| Web | lost | 99999 | TCP | <script>window.taken = 5</script> |
"""

# Rows of the policy as [shown, all text that the search looks at, verdict, ports].
ROWS = """[...document.querySelectorAll('#policy .row')].map(row => [
  row.getClientRects().length > 0,
  [row.textContent, row.closest('details').querySelector('.role-name').textContent,
   row.querySelector('.place').title].join(' ').toLowerCase(),
  row.querySelector('.verdict').textContent, row.querySelector('.ports').textContent])"""

# The smallest contrast of text with what is behind it (WCAG 2.1, 1.4.3), and where it is.
CONTRAST = """(() => {
  const channel = (v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
  const luminance = (c) => .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]);
  const colour = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const c = colour(getComputedStyle(e).backgroundColor);
      if (c[3] > 0) layers.push(c);
      if (c[3] === 1) break;
    }
    return layers.reverse().reduce((under, c) => under.map((v, i) => v * (1 - c[3]) + c[i] * c[3]), [255, 255, 255]);
  };
  let worst = [99, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest('svg, script, .visually-hidden, [hidden]')) continue;
    if (!element.getClientRects().length) continue;
    const a = luminance(colour(getComputedStyle(element).color)), b = luminance(behind(element));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < worst[0]) worst = [ratio, element.outerHTML.slice(0, 120)];
  }
  return worst;
})()"""


def ranges(text):
    """The destination ports of a row of the page, by another reading than its script's."""
    text = text.partition(" from ")[0].strip()
    if text == "any":
        return [(0, 65535)]
    if text == "-" or text.startswith(("type", "all types")):
        return []
    return [tuple(int(end) for end in (part.split("-") * 2)[:2]) for part in text.split(", ")]


def report(site, name, *options):
    page = os.path.join(WORK, name)
    command = [PORTCULLIS, "report", site, "-o", page, *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=SOURCE)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}: {done.stderr}")
    return page


class ReportPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.campus = report("examples/campus-voice/site.yaml", "campus.html", "--with-run")
        cls.monitor = report("examples/first-days/site.yaml", "monitor.html", "--with-run")
        folder = os.path.join(WORK, "hostile")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "ports.md"), "w") as file:
            file.write(HOSTILE)
        with open(os.path.join(folder, "site.yaml"), "w") as file:
            file.write("portcullis: 1\ndocuments: [{file: ports.md}]\nroles: {Web: 192.0.2.1}\n")
        cls.hostile = report(os.path.join(folder, "site.yaml"), "hostile.html")
        cls.browser = Browser(find_chromium())

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def setUp(self):
        self.browser.call("Emulation.setEmulatedMedia", media="", features=[])
        self.browser.call("Emulation.clearDeviceMetricsOverride")
        self.browser.open(self.campus)

    def rows(self):
        return self.browser.value(ROWS)

    def fill(self, control, text):
        self.browser.value(f"document.getElementById('{control}').focus()")
        self.browser.type(text)

    def box(self, expression):
        """The middle of an element, scrolled into view."""
        return self.browser.value(
            f"(() => {{ const e = {expression}; e.scrollIntoView({{block: 'center', behavior: 'instant'}});"
            "const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()")

    def test_asks_the_network_for_nothing_and_reports_no_error(self):
        for page in (self.campus, self.monitor):
            self.browser.open(page)
            self.browser.value("document.fonts.ready.then(() => 1)")
            asked = [p["request"]["url"] for m, p in self.browser.events if m == "Network.requestWillBeSent"]
            self.assertEqual([u for u in asked if not u.startswith("data:")], ["file://" + page])
            errors = [p for m, p in self.browser.events if m in ("Log.entryAdded", "Runtime.exceptionThrown")]
            self.assertEqual(errors, [])

    def test_search_shows_the_rows_that_have_every_word(self):
        self.fill("words", "desk UDP")
        rows = self.rows()
        shown = [row for row in rows if row[0]]
        self.assertTrue(0 < len(shown) < len(rows) / 2, len(shown))
        for visible, text, _, _ in rows:
            self.assertEqual(visible, "desk" in text and "udp" in text, text)
        self.assertEqual(self.browser.value("document.getElementById('shown').textContent"),
                         f"{len(shown)} of {len(rows)} rows")
        faded = self.browser.value("document.querySelectorAll('.mark.faded').length")
        marks = self.browser.value("document.querySelectorAll('.mark').length")
        self.assertTrue(0 < faded < marks)
        self.browser.screenshot(os.path.join(WORK, "report-filtered.png"))

    def test_a_port_shows_the_rows_whose_ranges_hold_it(self):
        for port in (23, 5061, 49152, 65535, 0):
            self.fill("port", str(port))
            rows = self.rows()
            for visible, text, _, ports in rows:
                self.assertEqual(visible, any(a <= port <= b for a, b in ranges(ports)), f"{port}: {text}")
            self.browser.value("document.getElementById('port').value = ''")

    def test_a_verdict_shows_its_rows_and_clear_shows_all(self):
        self.browser.value("(() => { const v = document.getElementById('verdict'); v.value = 'drop';"
                           "v.dispatchEvent(new Event('input')); })()")
        rows = self.rows()
        self.assertEqual({row[2] for row in rows if row[0]}, {"drop"})
        self.assertEqual({row[2] for row in rows if not row[0]}, {"permit"})
        self.browser.click(*self.box("document.querySelector('#filter button[type=reset]')"))
        self.browser.value("new Promise(done => setTimeout(done, 50))")
        self.assertTrue(all(row[0] for row in self.rows()))

    def test_says_when_nothing_matches(self):
        self.fill("words", "no such service anywhere")
        self.assertEqual([row for row in self.rows() if row[0]], [])
        self.assertEqual(self.browser.value("document.getElementById('nothing').getClientRects().length"), 1)

    def test_a_mark_shows_its_row_to_the_mouse_and_to_the_keyboard(self):
        hint = self.browser.value("document.getElementById('pointed').textContent")
        self.browser.move(*self.box("[...document.querySelectorAll('a.mark')].find(m => /Relayed media/.test("
                                    "m.getAttribute('aria-label'))).querySelector('rect')"))
        pointed = self.browser.value("document.getElementById('pointed').textContent")
        self.assertNotEqual(pointed, hint)
        self.assertRegex(pointed, r"^permit udp 10000-19999, Relayed media: ")
        self.assertRegex(pointed, r"\(ports\.md:\d+\)$")

        self.browser.value("[...document.querySelectorAll('a.mark')][3].focus()")
        self.browser.key("Tab")
        focused = self.browser.value("document.activeElement.getAttribute('aria-label')")
        self.assertEqual(focused, self.browser.value(
            "[...document.querySelectorAll('a.mark')][4].getAttribute('aria-label')"))
        self.assertEqual(self.browser.value("document.getElementById('pointed').textContent"), focused)
        entry = self.browser.value("document.activeElement.dataset.entry")
        self.browser.value(f"document.getElementById('e{entry}').closest('details').open = false")
        self.browser.key("Enter", text="\r")
        self.assertEqual(self.browser.value("location.hash"), "#e" + entry)
        self.assertTrue(self.browser.value(f"document.getElementById('e{entry}').closest('details').open"))

    def test_the_filter_comes_before_the_map_for_the_tab_key(self):
        order = self.browser.value(
            "[...document.querySelectorAll('a, button, input, select, summary')]"
            ".filter(e => e.getClientRects().length).map(e => e.id || e.getAttribute('class') || e.tagName)")
        self.assertEqual(order[0], "skip")
        self.assertLess(order.index("words"), order.index("mark permit"))
        for _ in range(2):
            self.browser.key("Tab")
        self.assertEqual(self.browser.value("document.activeElement.getAttribute('href')"), "#map")

    def test_a_screen_reader_meets_landmarks_headings_and_names(self):
        nodes = [n for n in self.browser.call("Accessibility.getFullAXTree")["nodes"] if not n.get("ignored")]
        roles = {}
        for node in nodes:
            roles.setdefault(node["role"]["value"], []).append(node.get("name", {}).get("value", ""))
        for landmark in ("banner", "navigation", "main", "search", "contentinfo"):
            self.assertEqual(len(roles.get(landmark, [])), 1, landmark)
        for role in ("link", "button", "searchbox", "spinbutton", "combobox", "region"):
            self.assertTrue(roles.get(role), role)
            self.assertEqual([name for name in roles[role] if not name.strip()], [], role)
        self.assertIn("Who reaches whom", roles["heading"])
        headings = self.browser.value(
            "[...document.querySelectorAll('h1, h2, h3, [role=heading]')]"
            ".map(h => Number(h.getAttribute('aria-level') ?? h.tagName[1]))")
        self.assertEqual(headings[0], 1)
        for before, after in zip(headings, headings[1:]):
            self.assertLessEqual(after, before + 1)
        unscoped = self.browser.value("[...document.querySelectorAll('th')].filter(t => !t.scope).length")
        self.assertEqual(unscoped, 0)

    def test_text_stands_out_in_light_and_dark(self):
        for page in (self.campus, self.monitor, self.hostile):
            self.browser.open(page)
            grounds = []
            for scheme in ("light", "dark"):
                self.browser.call("Emulation.setEmulatedMedia", media="screen",
                                  features=[{"name": "prefers-color-scheme", "value": scheme}])
                ratio, where = self.browser.value(CONTRAST)
                self.assertGreaterEqual(ratio, 4.5, f"{scheme}: {where}")
                grounds.append(self.browser.value("getComputedStyle(document.body).backgroundColor"))
            self.assertNotEqual(*grounds)

    def test_the_button_turns_dark_to_light_and_back(self):
        ground = "getComputedStyle(document.body).backgroundColor"
        first = self.browser.value(ground)
        where = self.box("document.getElementById('theme')")
        self.browser.click(*where)
        second = self.browser.value(ground)
        self.browser.click(*where)
        self.assertNotEqual(first, second)
        self.assertEqual(self.browser.value(ground), first)

    def test_prints_every_row_without_the_controls(self):
        self.browser.value("document.querySelectorAll('details').forEach(d => d.open = false)")
        data = self.browser.pdf()
        self.assertTrue(data.startswith(b"%PDF-"))
        self.assertGreater(len(re.findall(rb"/Type\s*/Page\b", data)), 2)
        self.assertTrue(self.browser.value("[...document.querySelectorAll('details')].every(d => d.open)"))
        self.browser.call("Emulation.setEmulatedMedia", media="print", features=[])
        self.assertTrue(all(row[0] for row in self.rows()))
        for control in ("#filter", "nav", "#theme"):
            self.assertEqual(self.browser.value(f"document.querySelector('{control}').getClientRects().length"), 0)

    def test_fits_a_narrow_window(self):
        self.browser.call("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=1, mobile=False)
        for page in (self.campus, self.monitor):
            self.browser.open(page)
            self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"), 390)

    def test_is_whole_without_its_script(self):
        self.browser.call("Emulation.setScriptExecutionDisabled", value=True)
        try:
            self.browser.open(self.campus)
            self.assertTrue(all(row[0] for row in self.rows()))
            self.assertEqual(self.browser.value("document.getElementById('filter').getClientRects().length"), 0)
        finally:
            self.browser.call("Emulation.setScriptExecutionDisabled", value=False)

    def test_monitor_mode_lists_what_would_be_dropped_and_filters_it(self):
        self.browser.open(self.monitor)
        groups = ("[...document.querySelectorAll('.would .row')].map(r => [r.getClientRects().length > 0, "
                  "r.querySelector('th').textContent, r.querySelector('code')?.textContent ?? ''])")
        before = self.browser.value(groups)
        self.assertGreater(len(before), 5)
        self.assertTrue(any(line.startswith("- {name: permit-") for _, _, line in before))
        port = next(service.split("/")[1] for _, service, _ in before if service.startswith("tcp/"))
        self.fill("port", port)
        for visible, service, line in self.browser.value(groups):
            self.assertEqual(visible, service in ("tcp/" + port, "udp/" + port, "sctp/" + port), service)

    def test_text_of_a_hostile_document_does_nothing(self):
        self.browser.open(self.hostile)
        for row in range(4):
            self.browser.move(*self.box(f"document.querySelectorAll('#policy .row, .finding')[{row}]"))
        self.assertEqual(self.browser.value("typeof window.taken"), "undefined")
        self.assertIn("<script>window.taken = 1</script>",
                      self.browser.value("document.getElementById('policy').textContent"))

    def test_a_screenshot_shows_the_page(self):
        path = os.path.join(WORK, "report.png")
        self.browser.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
        self.browser.screenshot(path)
        with open(path, "rb") as file:
            data = file.read()
        self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(struct.unpack(">II", data[16:24]), (1280, 900))
        self.assertGreater(len(data), 30_000, "an empty page compresses to a few kilobytes")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    PORTCULLIS, SOURCE, WORK = (os.path.abspath(argument) for argument in sys.argv[1:4])
    os.makedirs(WORK, exist_ok=True)
    if not find_chromium():
        print("skipped: there is no Chromium: run scripts/install-dependencies.sh nightly, which installs Debian's")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
