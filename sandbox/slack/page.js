// What has changed comes by itself: the page is fetched again, and what differs is exchanged.
const log = document.getElementById("messages");
const dialog = document.getElementById("confirm");
const modal = document.getElementById("modal");
const shown = new Map();
const LOOK_AGAIN_MS = 700;

function keep(part) {
  for (const child of part.children) shown.set(child.id, child.outerHTML);
}

function exchangeMessages(fresh) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const wanted = [...fresh.children];
  const ids = new Set(wanted.map((child) => child.id));
  for (const child of [...log.children]) if (!ids.has(child.id)) child.remove();
  wanted.forEach((child, place) => {
    const there = log.children[place];
    if (there?.id !== child.id) log.insertBefore(document.importNode(child, true), there ?? null);
    else if (shown.get(child.id) !== child.outerHTML) there.replaceWith(document.importNode(child, true));
  });
  shown.clear();
  keep(fresh);
  if (atEnd) log.scrollTop = log.scrollHeight;
}

// The form keeps what is being typed: it is exchanged only when the app or Slack changed it.
function exchangeModal(fresh) {
  if (modal.dataset.shown === fresh.dataset.shown) return;
  modal.dataset.shown = fresh.dataset.shown;
  modal.innerHTML = fresh.innerHTML;
  showModal();
}

function showModal() {
  const form = modal.querySelector("dialog");
  if (!form) return;
  form.removeAttribute("open");
  form.showModal();
  form.querySelector("[aria-invalid], .field input, .field select, .field textarea")?.focus();
}

async function refresh() {
  const answer = await fetch(location.pathname, { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  exchangeMessages(fresh.getElementById("messages"));
  exchangeModal(fresh.getElementById("modal"));
  for (const id of ["channels", "shortcuts", "notice"]) {
    const here = document.getElementById(id), there = fresh.getElementById(id);
    if (here.innerHTML !== there.innerHTML) here.innerHTML = there.innerHTML;
  }
}

async function watch() {
  await refresh().catch(() => {});
  setTimeout(watch, LOOK_AGAIN_MS);
}

function confirmed(button) {
  if (!button.dataset.confirm) return true;
  const question = JSON.parse(button.dataset.confirm);
  dialog.querySelector("h2").innerHTML = question.title;
  dialog.querySelector(".text").innerHTML = question.text;
  for (const part of ["deny", "confirm"]) dialog.querySelector(`[data-part=${part}]`).innerHTML = question[part];
  dialog.querySelector("[data-part=confirm]").className = `button ${question.style}`;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

async function send(event) {
  event.preventDefault();
  const button = event.submitter;
  const body = new URLSearchParams(new FormData(event.target, button));
  if (!(await confirmed(button))) return;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    await fetch(event.target.action, { method: "POST", body, redirect: "manual" });
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
    await refresh().catch(() => {});
  }
}

for (const part of [log, modal, document.getElementById("shortcuts")]) part.addEventListener("submit", send);
modal.addEventListener("cancel", (event) => {
  event.preventDefault();
  document.querySelector("[form=close-modal]").click();
}, true);

document.getElementById("you").addEventListener("change", (event) => event.target.form.submit());
keep(log);
showModal();
if (!location.hash) log.scrollTop = log.scrollHeight;
setTimeout(watch, LOOK_AGAIN_MS);
