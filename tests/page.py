#!/usr/bin/python3
# page.py ASSAY SAMPLE - a test: the page in a headless browser, as ASSAY serve
# answers it, which trusts the root of SAMPLE (a folder that assay sim sample made);
# and with a service behind it that answers whatever means no good.
import base64
import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

ASSAY, SAMPLE = sys.argv[1:]
WAIT = 20  # seconds: a busy machine
n = bad = 0


def ok(holds, name, *notes):
    global n, bad
    n += 1
    bad += not holds
    print(f"{'ok' if holds else 'not ok'} {n} - {name}", flush=True)
    if not holds:
        for note in notes:
            print("#", str(note)[:600].replace("\n", " "))
    return holds


# ---- a service that means no good

EVIL = ('<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
        "'\"&\u202e\u0007")
HEX = "ab" * 32


def base64url(what):
    return base64.urlsafe_b64encode(what).decode().rstrip("=")


def evil_log(tampered):
    """Entries that say evil things, in a log that is sound, or not."""
    lines, before, leaves = [], "0" * 64, []
    for i in range(5):
        line = json.dumps({"number": i, "time": "2026-11-01T10:00:00Z",
                           "before": before, "what": EVIL, "who": EVIL,
                           "data": {"a": [EVIL, {"b": "]}"}]}})
        if tampered and i == 2:
            line = line.replace("10:00:00Z", "11:00:00Z")
        before = hashlib.sha256(b"\0" + line.encode()).hexdigest()
        if tampered and i == 2:
            before = HEX
        lines.append(line)
        leaves.append(hashlib.sha256(b"\0" + line.encode()).digest())
    while len(leaves) > 1:
        leaves = [hashlib.sha256(b"\1" + leaves[i] + leaves[i + 1]).digest()
                  if i + 1 < len(leaves) else leaves[i]
                  for i in range(0, len(leaves), 2)]
    return lines, leaves[0].hex()


def unsigned_head(kind):
    claims = {"size": 5, "root": evil_log(False)[1], "last": HEX,
              "time": "2026-11-01T12:00:00Z"}
    return ".".join(base64url(json.dumps(part).encode()) for part in
                    ({"alg": "ES256", "kid": "k", "typ": kind}, claims))


WINDOW = {"document": EVIL, "from": "2026-10-01T00:00:00Z",
          "until": "2026-12-01T00:00:00Z"}
GAP = {"kind": EVIL, "index": 0, "name": EVIL, "have": EVIL, "need": 2,
       "at": EVIL}
VERDICT = {
    "genuine": True, "status": EVIL, "platform_status": EVIL,
    "module_status": EVIL, "qe_status": EVIL, "advisories": [EVIL],
    "tcb_date": "2026-01-01T00:00:00Z", "evaluation_number": 1,
    "fresh_until": "2026-12-01T00:00:00Z", "level": EVIL, "simulation": False,
    "decision": EVIL, "rules": [EVIL, "identity"], "reasons": [EVIL, EVIL],
    "check": None, "at": None, "note": None, "advice": [EVIL], "tee": EVIL,
    "version": EVIL, "debug": False, "mrenclave": EVIL, "mrsigner": EVIL,
    "isv_prod_id": EVIL, "isv_svn": 1, "report_data": EVIL, "fmspc": EVIL,
    "ppid": EVIL, "keys": EVIL, "signing_key": EVIL, "encryption_key": EVIL,
    "nonce": EVIL, "event_log": {"explains": True, "events": EVIL,
                                 "data_differ": 1},
    "judged_at": "2026-11-01T00:00:00Z", "collateral": EVIL,
    "policy": {"name": EVIL, "version": EVIL, "hash": EVIL},
    "evidence_sha256": EVIL, "gaps": [GAP], "windows": [WINDOW], "token": EVIL,
}
FAILED = dict(VERDICT, genuine=False, check=EVIL + " Q_SIG", note=EVIL, at=7)
ANSWERS = {
    "/v1/platforms": {"platforms": [
        {"id": EVIL, "tee": EVIL, "fmspc": EVIL, "first_seen": EVIL,
         "last_seen": EVIL, "seen": EVIL, "status": EVIL, "accepted": True}],
        "next": None},
    "/v1/forecast": {"judged_at": "2026-11-01T00:00:00Z", "platforms": 1,
                     "judged": 1, "without_early": 1,
                     "policy": {"name": EVIL, "version": 1, "hash": EVIL},
                     "refusals": [{"id": EVIL, "fmspc": EVIL, "kind": "refused",
                                   "on": "2026-11-01T00:00:00Z",
                                   "status_now": None, "status_then": None,
                                   "gaps": [], "sentence": EVIL}],
                     "fail": [{"id": EVIL, "fmspc": EVIL,
                               "on": "2026-11-05T00:00:00Z",
                               "status_now": EVIL, "status_then": EVIL,
                               "gaps": [GAP], "sentence": EVIL}],
                     "summary": [EVIL]},
    "/v1/policies": {"policies": [{"name": EVIL, "version": 1, "made": EVIL,
                                   "by": EVIL, "hash": EVIL}]},
    "/v1/collateral": {"sets": [
        {"tee": EVIL, "fmspc": EVIL, "ca": EVIL, "update": EVIL,
         "evaluation": EVIL, "fetched": "2026-11-01T00:00:00Z",
         "fresh_until": "2026-12-01T00:00:00Z", "root": EVIL,
         "simulation": True, "from": EVIL}]},
    "/.well-known/jwks.json": {"keys": []},
}


class Evil(http.server.BaseHTTPRequestHandler):
    """The page as it is served, and answers that mean no good."""
    protocol_version = "HTTP/1.1"
    verdict, tampered, locked, keys_seen = VERDICT, False, False, []
    head = unsigned_head("assay-log-head+jwt") + ".AAAA"

    def log_message(self, *_):
        pass

    def answer(self, status, kind, body, headers=()):
        if not isinstance(body, bytes):
            body = (body if isinstance(body, str)
                    else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in (("Content-Type", kind),
                            ("Content-Length", len(body)), *headers):
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def page(self, path):
        with urllib.request.urlopen(URL + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            self.answer(200, answer.headers["Content-Type"], answer.read(),
                        [("Content-Security-Policy", policy)])

    def api(self, path):
        self.keys_seen.append(self.headers.get("Authorization"))
        if self.locked and self.keys_seen[-1] != "Bearer sesame":
            self.answer(401, "application/problem+json",
                        {"title": EVIL, "detail": EVIL})
        elif path == "/v1/verify":
            self.answer(200, "application/json", self.verdict)
        elif path == "/v1/log":
            lines, _ = evil_log(self.tampered)
            self.answer(200, "application/json",
                        '{"size":5,"head":"%s","entries":[%s]}' %
                        (self.head, ",".join(lines)))
        elif path.startswith("/v1/policies/"):
            self.answer(200, "application/json", EVIL)
        else:
            self.answer(200, "application/json", ANSWERS[path])

    def do_GET(self):
        path = self.path.split("?")[0]
        if path in ("/", "/app.css", "/app.js", "/icon.svg", "/checks.json"):
            self.page(path)
        else:
            self.api(path)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.api(self.path.split("?")[0])


# ---- a browser

def browser():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu",
                     "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking",
                     "--disable-component-update", "--hide-scrollbars",
                     "--user-data-dir=" + os.path.join(HOME, "profile")):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs",
                           {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"),
                            options=options)


def js(script, *arguments):
    return d.execute_script(script, *arguments)


def wait(script, *arguments):
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        if js("return " + script, *arguments):
            return True
        time.sleep(0.02)
    return False


def load(url=None, tab=""):
    d.get("about:blank")
    d.get((url or URL) + "/" + tab)
    wait("document.readyState === 'complete'")


def size(width, height=900):
    d.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                      {"width": width, "height": height,
                       "deviceScaleFactor": 1, "mobile": False})


def give(path, setup=""):
    """Chooses a file, and waits for what is said of it."""
    js("document.getElementById('result').replaceChildren();" + setup)
    d.find_element(By.ID, "file").send_keys(path)
    return wait("document.querySelector('#result > *') && "
                "!document.querySelector('#judge[aria-busy]')")


def states():
    return js("return Object.fromEntries([...document.querySelectorAll"
              "('.node')].map(g => [g.dataset.link, "
              "[...g.classList].find(c => c.startsWith('s-')).slice(2)]))")


def verdict():
    return js("const v = document.querySelector('.verdict');"
              "return v ? [[...v.classList].find(c => c.startsWith('s-'))"
              ".slice(2), v.querySelector('h2').textContent] : ['', '']")


def messages(but=()):
    return [entry["message"] for entry in d.get_log("browser")
            if not any(text in entry["message"] for text in but)]


def hosts():
    found = set()
    for entry in d.get_log("performance"):
        event = json.loads(entry["message"])["message"]
        if event["method"] == "Network.requestWillBeSent":
            url = event["params"]["request"]["url"]
            # what the browser shows before it is told what to is its own
            if not url.startswith(("data:", "blob:", "about:", "chrome:")):
                found.add(re.match(r"\w+://[^/]*", url)[0])
    return found


# ---- evidence

BUNDLE = subprocess.run([ASSAY, "collateral", "bundle", "--collateral", SAMPLE,
                         SAMPLE + "/quote.bin"], check=True,
                        capture_output=True).stdout
with open(SAMPLE + "/policy.json", encoding="utf-8") as policy_file:
    CODE = json.load(policy_file)["mrenclave"]

def saved(name, content):
    path = os.path.join(HOME, name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def bundle(change=None, flip=None):
    b = json.loads(BUNDLE)
    if flip is not None:
        quote = bytearray(base64.b64decode(b["evidence"]["data"]))
        quote[flip] ^= 1
        b["evidence"]["data"] = base64.b64encode(quote).decode()
    if change:
        change(b["collateral"])
    return json.dumps(b).encode()


def flip_hex(name, at):
    def change(c):
        digits = list(c[name])
        digits[at] = "0" if digits[at] != "0" else "1"
        c[name] = "".join(digits)
    return change


def change_text(name, old, new):
    def change(c):
        assert old in c[name], name
        c[name] = c[name].replace(old, new, 1)
    return change


def drop_one(name):
    def change(c):
        del c[name]
    return change


# what is done to it, which link shows it, and which check says so; the quote's
# offsets are those of version 3
NUMBER = '"tcbEvaluationDataNumber":'
QE_REPORT = 48 + 384 + 4 + 64 + 64
FORGED = [
    ("the measurement", bundle(flip=48 + 64), "quote", "Q_SIG"),
    ("the attestation key", bundle(flip=48 + 384 + 4 + 64), "ak",
     "Q_AK_BINDING"),
    ("the quoting enclave's report", bundle(flip=QE_REPORT + 64), "qe",
     "Q_QE_SIG"),
    ("the quote's version", bundle(flip=0), None, "P_VERSION"),
    ("the list of revoked machines", bundle(flip_hex("pck_crl", -1)),
     "pckcrl", "R_SIG"),
    ("the list of revoked authorities", bundle(flip_hex("root_ca_crl", -1)),
     "rootcrl", "R_SIG"),
    ("the TCB info", bundle(change_text("tcb_info", NUMBER, NUMBER + "1")),
     "tcb", "J_SIG"),
    ("the QE identity", bundle(change_text("qe_identity", NUMBER,
                                                NUMBER + "1")), "qeid", "J_SIG"),
    ("the list of revoked machines, left out", bundle(drop_one("pck_crl")),
     "pckcrl", "R_MISSING"),
    ("a status, to one that nobody knows",
     bundle(change_text("tcb_info", "UpToDate", "upToDate")), "tcb",
     "T_UNRECOGNISED"),
    ("all of it", b"no evidence at all", None, "C_FORMAT"),
]
# what must not be shown to hold when that link fails
BEHIND = {
    "quote": ["code", "data", "level"],
    "ak": ["quote", "code", "data", "level"],
    "qe": ["ak", "quote", "code", "data", "level"],
    "pckcrl": ["leaf", "tcb", "qeid", "signer", "qe", "quote", "code"],
    "rootcrl": ["ca", "leaf", "pckcrl", "signer", "tcb", "qe", "code"],
    "tcb": ["qeid", "leaf", "qe", "ak", "quote", "code", "level"],
    "qeid": ["leaf", "qe", "ak", "quote", "code", "level"],
}
EXPECT = ("document.querySelector('input[value=code]').checked = true;"
          "document.getElementById('wanted').value = '%s';"
          "document.getElementById('least').value = 'INSECURE';")


def test_load():
    load()
    ok("Assay" in d.title, "the page loads", d.title)
    wait("document.querySelector('#tab-evidence[aria-selected=true]')")
    ok(messages() == [], "nothing on the console")
    ok(js("return getComputedStyle(document.querySelector('.noscript') || "
          "document.querySelector('#ask')).display") != "none",
       "one can ask")


def test_good():
    give(saved("good.json", bundle()), EXPECT % CODE)
    how, said = verdict()
    ok(how == "warn" and "simulation" in said,
       "good evidence of a simulation is accepted as that", how, said)
    s = states()
    ok(len(s) == 14 and s["root"] == "warn" and
       all(v == "ok" for k, v in s.items() if k != "root"),
       "every link holds", s)
    ok(js("return document.querySelectorAll('.compare .s-ok').length") == 1,
       "the measurement is the one that was expected")
    ok(js("return document.querySelectorAll('.times tbody tr').length") == 8,
       "eight documents have their dates")
    ok(js("return document.activeElement.classList.contains('verdict')"),
       "the verdict has the focus")
    give(saved("good.json", bundle()), EXPECT % ("0" * 64))
    how, said = verdict()
    ok(how == "bad" and "other code" in said and states()["code"] == "bad",
       "other code than was expected is refused", how, said)
    ok(js("return document.querySelectorAll('.compare b').length") > 50,
       "and shown, digit by digit")
    give(saved("good.json", bundle()),
         "document.querySelector('input[value=none]').checked = true")
    ok(states()["code"] == "warn", "code that nobody named is doubtful",
       states(), verdict())


def test_forged():
    for what, evidence, link, check in FORGED:
        give(saved("forged", evidence))
        how, said = verdict()
        s = states()
        if link is None:
            text = js("return document.getElementById('result').textContent")
            ok(not s and not how and check in text and
               js("return document.querySelector('#result .problem')"),
               f"changed: {what}: {check}", text)
            continue
        red = [name for name, state in s.items() if state == "bad"]
        over = [name for name in BEHIND[link] if s[name] in ("ok", "bad")]
        text = js("return document.querySelector('.about').textContent")
        ok(red == [link] and not over and check in text and how != "ok",
           f"changed: {what}: {check}", red, over, text[:200], said)
    give(saved("old.json", bundle()),
         "document.getElementById('at').value = '2021-01-01T00:00:00Z'")
    ok("Not proven" in verdict()[1] and "ok" not in
       [states()[name] for name in ("code", "data", "level", "quote")],
       "documents of later prove nothing", verdict(), states())
    js("document.getElementById('at').value = ''")


def test_ways_in():
    text = bundle().decode()
    js("document.getElementById('result').replaceChildren();"
       "const data = new DataTransfer(); data.setData('text', arguments[0]);"
       "document.body.dispatchEvent(new ClipboardEvent('paste', "
       "{clipboardData: data, bubbles: true}));", text)
    ok(wait("document.querySelector('.verdict')"), "evidence is pasted")
    js("document.getElementById('result').replaceChildren();"
       "const data = new DataTransfer();"
       "data.items.add(new File([arguments[0]], arguments[1]));"
       "document.body.dispatchEvent(new DragEvent('drop', "
       "{dataTransfer: data, bubbles: true, cancelable: true}));", text,
       EVIL)
    ok(wait("document.querySelector('.verdict')"), "evidence is dropped")
    js("document.getElementById('result').replaceChildren();"
       "document.getElementById('by-text').open = true;"
       "document.getElementById('text').value = arguments[0];"
       "document.getElementById('judge').click()", text)
    ok(wait("document.querySelector('.verdict')"), "evidence is typed")
    js("document.querySelector('input[value=code]').checked = true;"
       "document.getElementById('wanted').value = 'nonsense';"
       "document.getElementById('judge').click()")
    ok(wait("document.querySelector('.problem') && "
            "document.activeElement.id === 'wanted'"),
       "a measurement that is none is said to be, where it stands")


def show(tab):
    js("document.getElementById('tab-' + arguments[0]).click()", tab)
    wait("!document.querySelector('section:not([hidden]) .busy')")
    return js("return document.querySelector('#' + arguments[0] + ' .body')"
              ".innerText", tab)


def test_tabs():
    with open(SAMPLE + "/policy.json", "rb") as file:
        text = file.read()
    with open(HOME + "/data/admin-key", encoding="ascii") as file:
        key = file.read().strip()
    urllib.request.urlopen(urllib.request.Request(
        URL + "/v1/policies/of-sample", text,
        {"Authorization": "Bearer " + key})).close()
    end = time.monotonic() + WAIT
    while "UpToDate" not in show("platforms") and time.monotonic() < end:
        time.sleep(0.1)
    ok("UpToDate" in show("platforms"), "the machine was seen",
       show("platforms"))
    ok("of-sample" in show("policies"), "a policy is listed",
       show("policies"))
    js("document.querySelector('#policies .open').click()")
    wait("document.querySelector('.policy-text')")
    ok(js("return document.querySelector('.policy-text').textContent") ==
       text.decode(), "and shown as it stands")
    ok("policy.added" in show("log"), "the log tells of it", show("log"))
    js("document.querySelector('#log .main').click()")
    wait("document.querySelectorAll('#log .proofs li').length === 3")
    ok(js("return document.querySelectorAll('#log .proofs .s-ok').length") ==
       3, "and the browser finds it sound",
       js("return document.querySelector('#log .proofs').innerText"))
    ok("No documents yet" in show("collateral"), "there are no documents",
       show("collateral"))
    load()
    wait("document.getElementById('policy').options.length === 2")
    give(saved("good.json", bundle()),
         "document.getElementById('policy').value = 'of-sample'")
    ok(verdict()[0] == "warn" and "Accepted" in verdict()[1] and
       states()["code"] == "ok", "evidence is judged by that policy",
       verdict())


def test_hostile():
    calm = "return [window.hacked, document.querySelectorAll(" \
           "'main img, main script, dialog img').length]"
    for verdict_said in (VERDICT, FAILED):
        Evil.verdict = verdict_said
        load(evil)
        give(saved("x", b"x"))
        shown = js("return document.getElementById('result').innerText")
        ok(js(calm) == [None, 0] and shown.count("<img src=x") > 10,
           "markup in a verdict is text", js(calm))
        ok("\u202e" not in shown and "\\u{202e}" in shown,
           "and what hides is shown")
    for tab in ("platforms", "policies", "log", "collateral"):
        load(evil, "#" + tab)
        wait("document.querySelector('#' + arguments[0] + ' .card')", tab)
        if tab == "policies":
            js("document.querySelector('#policies .open').click()")
            wait("document.querySelector('.policy-text')")
        shown = js("return document.getElementById(arguments[0]).textContent",
                   tab)
        ok(js(calm) == [None, 0] and "<img src=x" in shown,
           f"markup in {tab} is text", js(calm), shown)
    for line in js("return [...document.querySelectorAll('*')].flatMap("
                   "e => [...e.attributes].map(a => a.name))"
                   ".filter(name => name.startsWith('on'))"):
        ok(False, "no element has a handler", line)
    entries = [m for m in messages() if "401" not in m]
    ok(not any("Refused" in m or "violates" in m for m in entries),
       "nothing was tried that the policy refuses", entries)


def test_forecast():
    before, told, chips = ANSWERS["/v1/forecast"], [], []
    for refused in (0, 1):
        ANSWERS["/v1/forecast"] = {
            "judged_at": "2026-11-01T00:00:00Z", "platforms": 1, "judged": 1,
            "refused": refused, "fails": 0, "fail": [], "summary": []}
        ANSWERS["/v1/platforms"]["platforms"][0]["status"] = (
            "OutOfDate", "T_NO_LEVEL")[refused]
        load(evil, "#platforms")
        wait("document.querySelector('#platforms .summary')")
        told += js("return document.querySelector('#platforms .summary')"
                   ".className").split()[1:]
        wait("document.querySelector('#platforms td .chip')")
        chips.append(js("return document.querySelector('#platforms td .chip')"
                        ".className"))
    ANSWERS["/v1/forecast"] = before
    ANSWERS["/v1/platforms"]["platforms"][0]["status"] = EVIL
    ok(told == ["s-ok", "s-bad"],
       "a platform that is refused already is no good forecast", told)
    ok("s-warn" in chips[0] and "s-bad" in chips[1],
       "nor is a check's name a status among others", chips)


def prove():
    load(evil, "#log")
    wait("document.querySelector('#log .main')")
    js("document.querySelector('#log .main').click()")
    wait("!document.querySelector('#log .main[aria-busy]') && "
         "document.querySelectorAll('#log .proofs li').length >= 3")
    return js("return [...document.querySelectorAll('#log .proofs li')]"
              ".map(li => li.className)")


# A key of the browser's own, and what it signs.
SIGN = """
const [texts, tell] = arguments;
const text64 = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const kind = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'};
crypto.subtle.generateKey(kind, true, ['sign', 'verify']).then(async pair =>
    tell([await crypto.subtle.exportKey('jwk', pair.publicKey),
          ...await Promise.all(texts.map(async text => text + '.' + text64(
              await crypto.subtle.sign(kind, pair.privateKey,
                                       new TextEncoder().encode(text)))))]));
"""


def test_log():
    ok(prove() == ["s-ok", "s-ok", "s-bad"],
       "the log's chain and tree hold, a signature by nobody does not")
    key, head, token = d.execute_async_script(
        SIGN, [unsigned_head("assay-log-head+jwt"), unsigned_head("JWT")])
    ANSWERS["/.well-known/jwks.json"]["keys"] = [dict(key, kid="k")]
    Evil.head = head
    ok(prove() == ["s-ok", "s-ok", "s-ok"], "one by the service's key does")
    Evil.head = token
    ok(prove()[2] == "s-bad", "a token is no head")
    Evil.head, Evil.tampered = head, True
    ok(prove() == ["s-bad", "s-bad", "s-ok"],
       "an entry that was changed is found")
    Evil.tampered = False


def test_key():
    Evil.locked = True
    load(evil, "#policies")
    ok(wait("document.querySelector('#policies .problem button')"),
       "without a key it says so")
    js("document.querySelector('#policies .problem button').click()")
    wait("document.getElementById('key').open")
    d.find_element(By.ID, "key-value").send_keys("sesame" + Keys.ENTER)
    ok(wait("document.querySelector('#policies .list')"),
       "with one it goes on")
    ok(Evil.keys_seen[-1] == "Bearer sesame" and
       js("return [Object.values(sessionStorage).includes('sesame'), "
          "JSON.stringify(localStorage).includes('sesame'), "
          "document.cookie]") == [True, False, ""],
       "the key is kept for the session alone")
    ok(js("return document.getElementById('key-value').value") == "",
       "and not in the page")
    Evil.locked = False
    js("sessionStorage.clear()")


# Everything that can have the focus, as the browser would have it.
FOCUSABLE = """
const all = [...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex]')]
    .filter(e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility());
const radios = new Set();
return all.filter(e => {
    if (e.type !== 'radio') return true;
    if (radios.has(e.name)) return false;
    return e.checked && radios.add(e.name);
}).map(e => { e.dataset.at ??= String(Math.random()); return e.dataset.at; });
"""


def walk(most):
    """Where the tab key leads, and whether the focus is seen there."""
    seen, unseen = [], []
    for _ in range(most):
        ActionChains(d).send_keys(Keys.TAB).perform()
        at, shown, what = js("""
            const e = document.activeElement, s = getComputedStyle(e);
            const ring = e.querySelector?.('.ring');
            const seen = s.outlineStyle !== 'none' ||
                (ring && getComputedStyle(ring).stroke !== 'none');
            return [e.dataset.at || '', seen, e.outerHTML.slice(0, 90)];""")
        if at in seen:
            break
        if at:
            seen.append(at)
        if not shown and at:
            unseen.append(what)
    return seen, unseen


def test_keyboard():
    load()
    wait("document.querySelector('#tab-evidence[aria-selected=true]')")
    ActionChains(d).send_keys(Keys.TAB).perform()
    ok(js("return document.activeElement.className") == "skip",
       "the first is the way to the content")
    d.find_element(By.ID, "tab-evidence").send_keys(Keys.ARROW_RIGHT)
    ok(js("return !document.getElementById('platforms').hidden && "
          "document.activeElement.id") == "tab-platforms",
       "arrows move along the tabs")
    d.find_element(By.ID, "tab-platforms").send_keys(Keys.HOME)
    give(saved("good.json", bundle()))
    d.find_element(By.CSS_SELECTOR, ".node[tabindex='0']").send_keys(Keys.HOME)
    first = js("return document.querySelector('.about h3').textContent")
    ActionChains(d).send_keys(Keys.ARROW_DOWN).perform()
    second = js("return document.querySelector('.about h3').textContent")
    ok(first == "Root" and second == "Revoked authorities",
       "and along the chain, which says what they come to", first, second)
    term = d.find_element(By.CSS_SELECTOR, ".facts .term")
    js("arguments[0].focus()", term)
    ok(js("return document.getElementById('tip').textContent.length") > 20 and
       term.get_attribute("aria-describedby") == "tip",
       "a field that has the focus is explained")
    ActionChains(d).send_keys(Keys.ESCAPE).perform()
    ok(js("return !document.getElementById('tip')"), "until escape")
    js("document.activeElement.blur(); window.scrollTo(0, 0);"
       "document.querySelector('.skip').focus()")
    wanted = js(FOCUSABLE)
    js("document.querySelector('.skip').blur()")
    seen, unseen = walk(len(wanted) + 10)
    missed = js("return arguments[0].map(at => document.querySelector("
                "`[data-at='${at}']`).outerHTML.slice(0, 90))",
                [at for at in wanted if at not in seen])
    ok(len(wanted) > 30 and not missed,
       f"the tab key comes to all of the {len(wanted)}", missed)
    ok(not unseen, "and is seen wherever it is", unseen)


CONTRAST = r"""
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
canvas.canvas.width = canvas.canvas.height = 1;
const rgba = color => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
};
const light = c => { const f = c.slice(0, 3).map(v => v / 255).map(v =>
    v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
const ground = e => {
    const box = e.closest('.node')?.querySelector('.box');
    if (box) return rgba(getComputedStyle(box).fill);
    for (let at = e; at; at = at.parentElement) {
        const c = rgba(getComputedStyle(at).backgroundColor);
        if (c[3] === 255) return c;
    }
    return rgba('white');
};
let least = [99, ''], n = 0;
for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(c => c.nodeType === 3 && c.data.trim());
    if (!own || !e.getClientRects().length || e.closest('.skip, [disabled]')) continue;
    const s = getComputedStyle(e);
    const front = light(rgba(e.closest('svg') ? s.fill : s.color));
    const back = light(ground(e));
    const ratio = (Math.max(front, back) + .05) / (Math.min(front, back) + .05);
    n++;
    if (ratio < least[0]) least = [ratio, e.className + ' ' + e.textContent.slice(0, 40)];
}
return [least[0], String(least[1]), n];
"""


def test_contrast():
    for scheme in ("light", "dark"):
        d.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme}]})
        load()
        worst = [js(CONTRAST)]
        for evidence in (bundle(), bundle(flip=48 + 64), b"none"):
            give(saved("c", evidence))
            worst.append(js(CONTRAST))
        for tab in ("platforms", "log", "collateral"):
            load(evil, "#" + tab)
            wait("document.querySelector('#' + arguments[0] + ' .card')", tab)
            worst.append(js(CONTRAST))
        least = min(worst)
        ok(least[0] >= 4.5 and worst[1][2] > 100,
           f"contrast, {scheme}: {least[0]:.1f} at least", worst)
    ok(js("return getComputedStyle(document.body).color") !=
       "rgb(26, 31, 39)", "dark is dark")
    js("document.getElementById('theme').click()")
    ok(js("return [getComputedStyle(document.body).color, "
          "localStorage.theme]") == ["rgb(26, 31, 39)", "light"],
       "the switch outvotes the system")
    js("localStorage.clear()")
    d.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def fits():
    return js("return [document.documentElement.scrollWidth, "
              "[...document.querySelectorAll('main *')].filter(e => "
              "!e.closest('.scroll, pre, svg') && "
              "e.getBoundingClientRect().right > 361).map(e => "
              "e.className || e.tagName).slice(0, 5)]")


def test_narrow():
    size(360, 740)
    load()
    give(saved("good.json", bundle()), EXPECT % CODE)
    js("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    wide = [fits()]
    for tab in ("platforms", "policies", "log", "collateral"):
        load(evil, "#" + tab)
        wait("document.querySelector('#' + arguments[0] + ' .card')", tab)
        wide.append(fits())
    ok(all(width <= 360 and not out for width, out in wide),
       "360 pixels are wide enough", wide)
    size(1280)


def test_without_script():
    d.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    d.get("about:blank")
    d.get(URL + "/")
    text = d.find_element(By.TAG_NAME, "main").text
    d.execute_cdp_cmd("Emulation.setScriptExecutionDisabled",
                      {"value": False})
    ok("JavaScript, which is off" in text and "curl --data-binary" in text and
       "Judge it" not in text,
       "without JavaScript it says how to ask", text)


def test_checks():
    with urllib.request.urlopen(URL + "/checks.json") as answer:
        known = {check["name"] for check in json.load(answer)["checks"]}
    with urllib.request.urlopen(URL + "/app.js") as answer:
        script = answer.read().decode()
    named = {name for names in re.findall(r"checks: \[([^\]]*)\]", script)
             for name in re.findall(r"'(\w+)'", names)}
    ok(len(named) > 30 and named <= known, "the checks that it names are",
       named - known)


def serve(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


TESTS = (test_load, test_good, test_forged, test_ways_in, test_tabs,
         test_checks, test_hostile, test_forecast, test_log, test_key,
         test_keyboard, test_contrast, test_narrow, test_without_script)

with tempfile.TemporaryDirectory() as HOME, subprocess.Popen(
        [ASSAY, "serve", "--listen", "127.0.0.1:0", "--no-tls", "--offline",
         "--data", HOME + "/data", "--root", SAMPLE + "/root.pem", "--quiet"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as service:
    URL = re.search(r"http://[\d.:]*\d", service.stdout.readline())[0]
    evil, d = serve(Evil), None
    try:
        d = browser()
        size(1280)
        for test in TESTS:
            test()
        where = hosts()
        ok(where <= {URL, evil}, "no other host was asked", where)
    except WebDriverException as e:
        ok(False, "the browser goes on", e.msg)
    finally:
        if d:
            d.quit()
        service.terminate()
print(f"1..{n}")
sys.exit(bad != 0)
