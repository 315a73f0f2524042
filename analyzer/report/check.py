"""Asks a real browser about report pages: `check.py PAGES [PICTURES]`.

Pages are those that the test `pages_for_a_browser` writes. The browser is driven by its own protocol over a
websocket (the package websocket-client). Ends with `N passed, N failed`.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import websocket

PAGES = pathlib.Path(sys.argv[1]).resolve()
PICTURES = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
MEGABYTE = 1_000_000
# A page 40 columns wide: a small phone.
NARROW = 320

passed = failed = 0


def check(name, holds, found=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
    print(f"{'ok    ' if holds else 'FAILED'} {name}{f': {found}' if found != '' else ''}")


class Browser:
    """One tab of a headless Chromium."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="browser-")
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run",
                   "--disable-background-networking", "--remote-allow-origins=*", "--js-flags=--expose-gc",
                   f"--user-data-dir={self.profile}", "about:blank"]
        self.process = subprocess.Popen([program, *options], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        port_file = pathlib.Path(self.profile, "DevToolsActivePort")
        for _ in range(300):
            if port_file.exists() and port_file.read_text().count("\n"):
                break
            time.sleep(0.1)
        port = port_file.read_text().split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            tab = next(tab for tab in json.load(answer) if tab["type"] == "page")
        self.socket = websocket.create_connection(tab["webSocketDebuggerUrl"], timeout=120)
        self.number = 0
        self.events = []
        for domain in ["Page", "Runtime", "Network", "Log", "DOM", "Accessibility"]:
            self.ask(f"{domain}.enable")

    def ask(self, method, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def run(self, script):
        answer = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:500])
        return answer["result"].get("value")

    def open(self, name, width=1280, height=900, scheme="light", scripts=True, media=""):
        self.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", media=media, features=features)
        self.events.clear()
        self.address = (PAGES / f"{name}.html").as_uri()
        self.ask("Page.navigate", url=self.address)
        deadline = time.time() + 60
        while time.time() < deadline:
            if any(event["method"] == "Page.loadEventFired" for event in self.events):
                return
            try:
                self.socket.settimeout(1)
                self.events.append(json.loads(self.socket.recv()))
            except websocket.WebSocketTimeoutException:
                pass
            finally:
                self.socket.settimeout(120)
        raise RuntimeError(f"{name} was not loaded")

    def complaints(self):
        """What the console says, and what was asked of a network."""
        self.ask("Runtime.evaluate", expression="0")
        said, asked = [], []
        for event in self.events:
            method, params = event["method"], event.get("params", {})
            if method == "Runtime.exceptionThrown":
                said.append(params["exceptionDetails"].get("text", "") + str(params["exceptionDetails"].get("exception", {}).get("description", "")))
            elif method == "Runtime.consoleAPICalled":
                said.append(params["type"])
            elif method == "Log.entryAdded":
                said.append(params["entry"]["text"])
            elif method == "Page.javascriptDialogOpening":
                said.append("a dialog")
            elif method == "Network.requestWillBeSent" and params["request"]["url"] != self.address:
                asked.append(params["request"]["url"])
        return said, asked

    def key(self, key, code=None, text=None):
        codes = {"ArrowDown": 40, "ArrowUp": 38, "End": 35, "Home": 36, "Enter": 13, "Escape": 27, "Tab": 9, "/": 191}
        extra = {"text": text} if text else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, code=code or key, windowsVirtualKeyCode=codes.get(key, 0), **extra)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, code=code or key, windowsVirtualKeyCode=codes.get(key, 0))

    def picture(self, name):
        if PICTURES is None:
            return
        PICTURES.mkdir(parents=True, exist_ok=True)
        answer = self.ask("Page.captureScreenshot", format="png")
        (PICTURES / f"{name}.png").write_bytes(base64.b64decode(answer["data"]))

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.profile, ignore_errors=True)


def is_quiet(browser, name):
    said, asked = browser.complaints()
    check(f"{name}: nothing on the console", not said, said or "")
    check(f"{name}: no request leaves the page", not asked, asked or "")


TYPE = """(async () => {
  const box = document.getElementById("search");
  const begun = performance.now();
  box.value = %s;
  box.dispatchEvent(new Event("input", {bubbles: true}));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - begun;
})()"""

SIDEWAYS = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"


def corpus(browser):
    browser.open("corpus")
    status = browser.run("document.querySelector('.status').textContent")
    count = int(status.split()[0].replace(",", ""))
    check("corpus: alerts are told", count > 0, status)
    rows = browser.run("document.querySelectorAll('.row.alert').length")
    check("corpus: alerts are listed", 0 < rows <= count, rows)
    check("corpus: the plain list is hidden", browser.run("document.getElementById('listed').hidden"))
    check("corpus: an alert is explained", browser.run("document.querySelectorAll('#detail .why li').length") > 0)
    check("corpus: its processes are told", browser.run("document.querySelectorAll('#detail .tree li').length") > 1)
    stray = browser.run("[...document.getElementById('detail').childNodes].filter((node) => node.nodeType === 3).map((node) => node.data)")
    check("corpus: nothing stands there that is no value", stray == [], stray)
    check("corpus: tactics have lanes", browser.run("document.querySelectorAll('.lane').length") > 0)
    check("corpus: digests are told", "blake3" in browser.run("document.getElementById('evidence').textContent"))
    browser.picture("light")
    keyboard(browser, count)
    check("corpus: every control has a name", nameless(browser) == [], nameless(browser))
    is_quiet(browser, "corpus")
    browser.open("corpus", scheme="dark")
    browser.picture("dark")
    browser.run("const by = document.querySelector('[aria-label=Grouping]'); by.value = 'process'; by.dispatchEvent(new Event('change'))")
    check("corpus: processes stand in a tree", browser.run("document.querySelectorAll('.row.group').length") > 1)
    browser.picture("tree")
    for width in [NARROW, 400]:
        browser.open("corpus", width=width, height=800)
        for grouping in ["time", "process", "rule", "container"]:
            browser.run(f"(() => {{ const by = document.querySelector('[aria-label=Grouping]'); by.value = '{grouping}'; by.dispatchEvent(new Event('change')) }})()")
            over = browser.run(SIDEWAYS)
            check(f"corpus: {width} pixels wide, {grouping}: nothing is scrolled sideways", over <= 0, over)
    browser.picture("narrow")
    browser.open("corpus", width=794, height=1123, media="print")
    check("corpus: print lists the alerts", browser.run("getComputedStyle(document.getElementById('listed')).display") == "block")
    check("corpus: print leaves the controls out", browser.run("getComputedStyle(document.getElementById('app')).display") == "none")
    browser.picture("print")


def keyboard(browser, count):
    browser.key("/", text="/")
    check("keyboard: / goes to the search", browser.run("document.activeElement.id") == "search")
    browser.ask("Input.insertText", text="no such thing anywhere")
    check("keyboard: a search finds nothing", browser.run("document.querySelectorAll('.row').length") == 0)
    browser.key("Escape")
    browser.run("document.body.focus()")
    status = browser.run("document.querySelector('.status').textContent")
    check("keyboard: Escape shows all again", status.startswith(f"{count:,} alert"), status)
    browser.key("ArrowDown")
    check("keyboard: down goes to the list", browser.run("document.activeElement.getAttribute('role')") == "listbox")
    before = browser.run("document.getElementById('detail').textContent")
    browser.key("ArrowDown")
    after = browser.run("document.getElementById('detail').textContent")
    check("keyboard: down selects the next alert", count == 1 or before != after)
    selected = browser.run("document.querySelector('[aria-selected=true]').getAttribute('aria-posinset')")
    check("keyboard: the place is told", count == 1 or selected == "2", selected)
    active = browser.run("document.activeElement.getAttribute('aria-activedescendant') === document.querySelector('[aria-selected=true]').id")
    check("keyboard: a reader is told which row it is", active)
    browser.key("End")
    selected = browser.run("document.querySelector('[aria-selected=true]').getAttribute('aria-posinset')")
    check("keyboard: End goes to the last", selected == str(count), selected)
    browser.key("Enter")
    check("keyboard: Enter goes to what is selected", browser.run("document.activeElement.id") == "detail")
    seen = set()
    browser.run("document.activeElement.blur()")
    for _ in range(80):
        browser.key("Tab")
        seen.add(browser.run("(() => { const it = document.activeElement; return it.getAttribute('aria-label') || it.textContent || it.id })()"))
    wanted = {"Search", "Rule", "Grouping", "Alerts", "Begin of the time that is shown", "End of the time that is shown"}
    check("keyboard: every control is reached", wanted <= seen, wanted - seen or "")


def nameless(browser):
    nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "combobox", "searchbox", "slider", "listbox", "option", "textbox"}
    return [node["role"]["value"] for node in nodes
            if not node.get("ignored") and node.get("role", {}).get("value") in roles and not node.get("name", {}).get("value")]


def large(browser, name, count, size, load):
    page = PAGES / f"{name}.html"
    check(f"{name}: below {size / MEGABYTE:.0f} MB", page.stat().st_size < size, f"{page.stat().st_size / MEGABYTE:.1f} MB")
    begun = time.time()
    browser.open(name)
    ready = browser.run("Number(document.documentElement.dataset.ready)")
    painted = browser.run("new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))")
    check(f"{name}: interactive within {load} ms", ready < load, f"{ready:.0f} ms, painted at most {painted:.0f} ms after the begin, {(time.time() - begun) * 1000:.0f} ms with the driver")
    check(f"{name}: every alert is counted", browser.run("document.querySelector('.status').textContent").startswith(f"{count:,} alerts"))
    slowest = 0
    for query in ["f", "fi", "file", "file-9", "worker 77", "no such", "é", ""]:
        took = browser.run(TYPE % json.dumps(query))
        slowest = max(slowest, took)
    check(f"{name}: a filter's keystroke paints within 200 ms", slowest < 200, f"slowest {slowest:.0f} ms")
    grouping = 0
    for by in ["process", "rule", "time"]:
        took = browser.run(f"""(async () => {{ const by = document.querySelector('[aria-label=Grouping]'); const begun = performance.now();
          by.value = '{by}'; by.dispatchEvent(new Event('change'));
          await new Promise((done) => requestAnimationFrame(() => setTimeout(done))); return performance.now() - begun; }})()""")
        grouping = max(grouping, took)
    check(f"{name}: grouping paints within 500 ms", grouping < 500, f"slowest {grouping:.0f} ms")
    browser.run("(() => { const list = document.querySelector('.list'); list.focus(); list.scrollTop = list.scrollHeight })()")
    browser.key("End")
    last = browser.run("document.querySelector('[aria-selected=true]').getAttribute('aria-posinset')")
    check(f"{name}: the last alert is reached", last == str(count), last)
    rows = browser.run("document.querySelectorAll('.row').length")
    check(f"{name}: few rows are in the document", rows < 60, rows)
    used = browser.ask("Runtime.getHeapUsage")
    heap = used["usedSize"] + used.get("backingStorageSize", 0)
    check(f"{name}: below 500 MB of heap", heap < 500 * MEGABYTE, f"{heap / MEGABYTE:.0f} MB")
    is_quiet(browser, name)


def without_scripts(browser):
    browser.open("100k", scripts=False)
    root = browser.ask("DOM.getDocument", depth=0)["root"]["nodeId"]
    items = browser.ask("DOM.querySelectorAll", nodeId=root, selector="#listed > ol > li")["nodeIds"]
    check("without scripts: the first 1,000 are there", len(items) == 1000, len(items))
    left = browser.ask("DOM.querySelector", nodeId=root, selector="#left-out")["nodeId"]
    text = browser.ask("DOM.getOuterHTML", nodeId=left)["outerHTML"]
    check("without scripts: the rest is counted", "99,000 more" in text, text)
    hidden = browser.ask("DOM.querySelectorAll", nodeId=root, selector="#listed[hidden]")["nodeIds"]
    check("without scripts: the list is shown", not hidden)
    browser.picture("without-scripts")
    browser.ask("Emulation.setScriptExecutionDisabled", value=False)


def hostile(browser):
    browser.open("hostile")
    check("hostile: no element was made of a name", browser.run("document.querySelectorAll('img, #listed b script, iframe, a').length") == 0)
    check("hostile: two scripts", browser.run("document.scripts.length") == 2)
    for by in ["process", "rule", "container", "time"]:
        browser.run(f"(() => {{ const by = document.querySelector('[aria-label=Grouping]'); by.value = '{by}'; by.dispatchEvent(new Event('change')) }})()")
        for _ in range(6):
            browser.run("document.querySelector('.list').focus()")
            browser.key("ArrowDown")
    text = browser.run("document.body.textContent")
    check("hostile: names are shown as text", "</script><script>alert(1)</script>" in text)
    check("hostile: nothing turns text around or commands a terminal", not any(c in text for c in "\u202e\u2066\x1b"))
    check("hostile: bytes that are no text are written out", "\\xff" in text or "\ufffd" in text)
    browser.picture("hostile")
    browser.open("hostile", width=NARROW, height=700)
    over = browser.run(SIDEWAYS)
    check("hostile: nothing is scrolled sideways", over <= 0, over)
    is_quiet(browser, "hostile")


def main():
    browser = Browser()
    try:
        corpus(browser)
        hostile(browser)
        large(browser, "10k", 10_000, 5 * MEGABYTE, 1_000)
        large(browser, "100k", 100_000, 20 * MEGABYTE, 2_000)
        without_scripts(browser)
    finally:
        browser.close()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
