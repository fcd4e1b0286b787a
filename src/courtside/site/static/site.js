// Taps without loading the page again, and never lost. Everything works without this file too.
//
// A form with data-part="ID" is sent in the background; the answer is the new #ID. What could not be
// sent stays in this browser's storage under a key of its own, is shown as "Not saved", and is sent
// again: by the button, when the network returns, and every fifteen seconds. A key that arrives twice
// is written once. What meets another value (409) is kept too, until somebody has decided: it is shown
// beside what stands, on every page that has the part, and not sent again on that page.
"use strict";
(() => {
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
  const user = meta("user");
  if (!user) return;
  const storageKey = `courtside-unsaved-${user}`;
  const bar = document.getElementById("unsaved");
  const announcer = document.getElementById("said");
  const RETRY_MILLISECONDS = 15000, TIMEOUT_MILLISECONDS = 12000;

  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");

  // address → {fields, key, part, label, page, failed}; a later tap at the same address replaces the earlier.
  let unsaved = {};
  try { unsaved = JSON.parse(localStorage.getItem(storageKey)) ?? {}; } catch { /* begin anew */ }
  const keep = () => {
    try { localStorage.setItem(storageKey, JSON.stringify(unsaved)); } catch { /* memory must do */ }
  };

  function element(name, text, className) {
    const made = document.createElement(name);
    made.textContent = text;
    made.className = className ?? "";
    return made;
  }

  function showUnsaved() {
    const failed = Object.values(unsaved).filter((entry) => entry.failed);
    document.querySelectorAll(".failed-tap").forEach((old) => old.remove());
    bar.hidden = true;
    bar.replaceChildren();
    for (const entry of Object.values(unsaved)) {
      if (asked.has(entry.key) && !document.getElementById(entry.part)) tellOf(entry);
    }
    if (!failed.length) return;
    bar.hidden = false;
    const button = element("button", "Try again", "link");
    button.addEventListener("click", sendAll);
    bar.append(element("span", `Not saved: ${failed.map((entry) => entry.label).join("; ")}. `), button);
    for (const entry of failed) {
      document.querySelector(`#${CSS.escape(entry.part)} .state`)
        ?.prepend(element("span", "Not saved, will try again", "failed failed-tap"));
    }
  }

  function tell(text, link) {
    bar.hidden = false;
    bar.append(element("span", ` ${text} `));
    if (!link) return;
    const made = element("a", link.text);
    made.href = link.href;
    bar.append(made);
  }

  const tellOf = (entry) => tell(`Not saved: ${entry.label}.`,
    { text: "Look at it.", href: `${entry.page ?? "/availability"}#${entry.part}` });
  const here = () => encodeURIComponent(location.pathname + location.search);
  const busy = new Set();
  const asked = new Set();  // keys of what waits for a decision on this page

  // One at a time for each part, so that each knows the version that the one before it made.
  async function send(address) {
    const entry = unsaved[address];
    if (!entry || busy.has(entry.part) || asked.has(entry.key)) return;
    busy.add(entry.part);
    let response, text;
    try {
      response = await fetch(address, {
        method: "POST",
        body: new URLSearchParams({ ...entry.fields, key: entry.key, csrf_token: meta("csrf-token") }),
        headers: { "X-Courtside-Fragment": "1" },
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      });
      text = await response.text();
    } catch { response = undefined; }
    busy.delete(entry.part);
    const isOld = response?.headers.has("X-Courtside-Form-Is-Old");
    if (!response || response.status >= 500 || [401, 429].includes(response.status) || isOld) {
      if (unsaved[address]) unsaved[address].failed = true;
      keep();
      showUnsaved();
      if (response?.status === 401) {
        tell("You are signed out.", { text: "Sign in, and it will be sent.", href: `/sign-in?next=${here()}` });
      } else if (isOld) {
        tell("This page is out of date.", { text: "Load it again, and it will be sent.", href: location.href });
      }
      return;
    }
    const isReplaced = unsaved[address]?.key !== entry.key;
    if (response.status === 409) {
      asked.add(entry.key);
      entry.failed = false;
    } else if (!isReplaced) {
      delete unsaved[address];
    }
    keep();
    showUnsaved();
    const version = replace(entry, text, response);
    for (const other of Object.values(unsaved)) {
      if (response.ok && version && other.part === entry.part && other.fields.version === entry.fields.version) {
        other.fields.version = version;
      }
    }
    keep();
    Object.keys(unsaved).filter((other) => unsaved[other].part === entry.part).forEach(send);
  }
  const sendAll = () => Object.keys(unsaved).forEach(send);

  // Returns the version that the part shows now.
  function replace({ part, ...entry }, text, response) {
    const old = document.getElementById(part);
    const made = new DOMParser().parseFromString(text, "text/html");
    const fresh = made.getElementById(part) ?? made.body.firstElementChild;
    const version = fresh?.querySelector("input[name=version]")?.value;
    announcer.textContent = fresh?.querySelector(".saved, [role=alert]")?.textContent.trim() ?? "";
    if (!old || !fresh) {
      if (!response.ok && response.status !== 409) tellOf({ part, ...entry });
      return version;
    }
    for (const also of made.querySelectorAll("[data-also]")) {  // parts elsewhere that changed with it
      document.getElementById(also.dataset.also)?.replaceChildren(...also.childNodes);
    }
    old.querySelectorAll(":scope > .notice[role=alert]").forEach((earlier) => earlier.remove());
    if (fresh.id !== part) {  // a message, in place of the part
      old.prepend(fresh);
      return version;
    }
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    for (const name of ["standing", "note"]) {
      const again = fresh.querySelector(`details.${name}`);
      if (again && old.querySelector(`details.${name}`)?.open) again.open = true;
    }
    const typed = old.querySelector("textarea");
    const field = fresh.querySelector("textarea");
    const isNote = focused && typed?.form?.contains(focused);
    if (field && typed && typed.value !== typed.defaultValue && !isNote) field.value = typed.value;
    if (old.classList.contains("next")) {
      fresh.classList.add("next");
      const eyebrow = old.querySelector(".eyebrow");
      if (eyebrow) fresh.querySelector("header")?.prepend(eyebrow);
    }
    old.replaceWith(document.adoptNode(fresh));
    if (focused) {
      const same = focused.name
        ? `${focused.tagName}[name="${focused.name}"]${focused.tagName === "BUTTON" ? `[value="${CSS.escape(focused.value)}"]` : ""}`
        : isNote ? ".note form button" : "summary";
      (fresh.querySelector(same) ?? fresh.querySelector("[aria-pressed=true]") ?? fresh.querySelector("button"))?.focus();
    }
    return version;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.part) return;
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form, event.submitter));
    delete fields.csrf_token;
    const address = new URL(form.action).pathname;
    const title = document.querySelector(`#${CSS.escape(form.dataset.part)} :is(h2, h3)`)?.textContent.trim() ?? "";
    const what = event.submitter?.textContent.trim() ?? "";
    unsaved[address] = { fields, key: newKey(), part: form.dataset.part, label: `${title}, ${what}`, page: location.pathname + location.search };
    keep();
    event.submitter?.setAttribute("aria-busy", "true");
    const button = event.submitter;
    send(address).finally(() => button?.removeAttribute("aria-busy"));
  });
  document.addEventListener("click", (event) => {
    const address = event.target.closest?.("[data-decides]")?.dataset.decides;
    if (!address) return;
    delete unsaved[address];
    keep();
  });
  // What goes on at the server: the page tells how far it is, and shows the result when it is there.
  const FOLLOW_MILLISECONDS = 1500;
  async function follow(shown) {
    const response = await fetch(shown.dataset.follow, { headers: { "X-Courtside-Fragment": "1" } }).catch(() => undefined);
    const made = response?.ok ? new DOMParser().parseFromString(await response.text(), "text/html").getElementById(shown.id) : undefined;
    if (made && "ended" in made.dataset) return location.reload();
    if (made) shown.textContent = made.textContent;
    setTimeout(follow, FOLLOW_MILLISECONDS, shown);
  }
  document.querySelectorAll("[data-follow]").forEach((shown) => setTimeout(follow, FOLLOW_MILLISECONDS, shown));
  window.addEventListener("online", sendAll);
  setInterval(sendAll, RETRY_MILLISECONDS);
  for (const entry of Object.values(unsaved)) entry.failed = true;
  showUnsaved();
  sendAll();
})();
