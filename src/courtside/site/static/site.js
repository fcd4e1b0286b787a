// Taps without loading the page again, and never lost. Everything works without this file too.
//
// A form with data-part="ID" is sent in the background; the answer is the new #ID. What could not be
// sent stays in this browser's storage under a key of its own, is shown as "Not saved", and is sent
// again: by the button, when the network returns, and every fifteen seconds. A key that arrives twice
// is written once.
"use strict";
(() => {
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
  const user = meta("user");
  if (!user) return;
  const storageKey = `courtside-unsaved-${user}`;
  const bar = document.getElementById("unsaved");
  const RETRY_MILLISECONDS = 15000, TIMEOUT_MILLISECONDS = 12000;

  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");

  // address → {fields, key, part, label}; a later tap at the same address replaces the earlier one.
  let unsaved = {};
  try { unsaved = JSON.parse(localStorage.getItem(storageKey)) ?? {}; } catch { /* begin anew */ }
  const keep = () => {
    try { localStorage.setItem(storageKey, JSON.stringify(unsaved)); } catch { /* memory must do */ }
  };

  function showUnsaved() {
    const entries = Object.entries(unsaved);
    bar.hidden = !entries.length;
    bar.replaceChildren();
    document.querySelectorAll(".failed-tap").forEach((old) => old.remove());
    if (!entries.length) return;
    const text = document.createElement("span");
    text.textContent = `Not saved: ${entries.map(([, entry]) => entry.label).join("; ")}. `;
    const button = document.createElement("button");
    button.className = "link";
    button.textContent = "Try again";
    button.addEventListener("click", sendAll);
    bar.append(text, button);
    for (const [, entry] of entries) {
      const state = document.querySelector(`#${CSS.escape(entry.part)} .state`);
      const mark = document.createElement("span");
      mark.className = "failed failed-tap";
      mark.textContent = "Not saved, will try again";
      state?.prepend(mark);
    }
  }

  const busy = new Set();
  async function send(address) {
    const entry = unsaved[address];
    if (!entry || busy.has(address)) return;
    busy.add(address);
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
    busy.delete(address);
    if (!response || response.status >= 500 || response.status === 429 || response.status === 401) {
      // Still waiting; meanwhile another tap may have replaced this one.
      keep();
      showUnsaved();
      if (response?.status === 401) signInAgain();
      return;
    }
    if (unsaved[address]?.key !== entry.key) { send(address); return; }
    delete unsaved[address];
    keep();
    replace(entry.part, text);
    showUnsaved();
  }
  const sendAll = () => Object.keys(unsaved).forEach(send);

  function signInAgain() {
    const link = document.createElement("a");
    link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = "You are signed out: sign in, and it will be sent.";
    bar.append(" ", link);
  }

  function replace(part, text) {
    const old = document.getElementById(part);
    const made = new DOMParser().parseFromString(text, "text/html");
    const fresh = made.getElementById(part) ?? made.body.firstElementChild;
    if (!old || !fresh) return;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    if (fresh.id !== part) {  // a message in place of the part
      old.querySelectorAll(":scope > .notice[role=alert]").forEach((earlier) => earlier.remove());
      old.prepend(fresh);
      return;
    }
    for (const name of ["standing", "note"]) {
      const opened = old.querySelector(`details.${name}`)?.open;
      const again = fresh.querySelector(`details.${name}`);
      if (again && opened) again.open = true;
    }
    const typed = old.querySelector("textarea");
    const field = fresh.querySelector("textarea");
    const isTyping = typed && typed.value !== typed.defaultValue;
    if (field && isTyping && focused !== typed.form?.querySelector("button")) field.value = typed.value;
    if (old.classList.contains("next")) {
      fresh.classList.add("next");
      const eyebrow = old.querySelector(".eyebrow");
      if (eyebrow) fresh.querySelector("header")?.prepend(eyebrow);
    }
    old.replaceWith(document.adoptNode(fresh));
    if (!focused) return;
    const same = focused.name && focused.value !== undefined && focused.tagName === "BUTTON"
      ? fresh.querySelector(`button[name="${focused.name}"][value="${CSS.escape(focused.value)}"]`)
      : fresh.querySelector(focused.tagName === "TEXTAREA" ? "textarea" : `${focused.tagName.toLowerCase()}`);
    (same ?? fresh.querySelector("[aria-pressed=true]") ?? fresh.querySelector("button"))?.focus();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.part) return;
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form, event.submitter));
    delete fields.csrf_token;
    const address = new URL(form.action).pathname;
    const title = document.querySelector(`#${CSS.escape(form.dataset.part)} h2`)?.textContent.trim() ?? "";
    const what = event.submitter?.textContent.trim() ?? "";
    unsaved[address] = { fields, key: newKey(), part: form.dataset.part, label: `${title}, ${what}` };
    keep();
    const busyButton = event.submitter;
    busyButton?.setAttribute("aria-busy", "true");
    send(address).finally(() => busyButton?.removeAttribute("aria-busy"));
  });
  window.addEventListener("online", sendAll);
  setInterval(sendAll, RETRY_MILLISECONDS);
  showUnsaved();
  sendAll();
})();
