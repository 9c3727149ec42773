// Passkeys: a form with data-passkey="get" or "create" asks the server what to ask the browser, asks the browser, and
// sends its answer in the form's field `credential`. Pages without a passkey form do not load this file.

const all = (selector) => [...document.querySelectorAll(selector)];

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

function text(buffer) {
  const letters = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// By hand, as not every browser has parseCreationOptionsFromJSON and toJSON.
function parsed(options) {
  const known = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
  const result = { ...options, challenge: bytes(options.challenge) };
  if (options.user) result.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) result.excludeCredentials = known(options.excludeCredentials);
  if (options.allowCredentials) result.allowCredentials = known(options.allowCredentials);
  return result;
}

function plain(credential) {
  const answer = credential.response;
  const response = { clientDataJSON: text(answer.clientDataJSON) };
  if (answer.attestationObject) {
    response.attestationObject = text(answer.attestationObject);
    response.transports = answer.getTransports?.() ?? [];
  } else {
    response.authenticatorData = text(answer.authenticatorData);
    response.signature = text(answer.signature);
    if (answer.userHandle) response.userHandle = text(answer.userHandle);
  }
  return { id: credential.id, rawId: credential.id, type: credential.type, response, clientExtensionResults: {} };
}

const words = {
  NotAllowedError: "Nothing was chosen, or it took too long. Try again.",
  InvalidStateError: "This device holds a passkey for your account already.",
  SecurityError: "The address in your browser is not the one that passkeys here are made for.",
};

async function reason(refused) {
  if (refused.headers.get("content-type") === "application/problem+json") return (await refused.json()).detail;
  return "This page is too old. Load it again.";
}

async function answer(form) {
  const begun = await fetch(form.dataset.begin, { method: "POST", headers: { accept: "application/json" } });
  if (!begun.ok) throw new Error(await reason(begun));
  const publicKey = parsed(await begun.json());
  const isNew = form.dataset.passkey === "create";
  return plain(await (isNew ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey })));
}

async function send(event) {
  const form = event.currentTarget;
  const field = form.elements.credential;
  const problem = form.querySelector("[data-problem]");
  const button = event.submitter ?? form.querySelector("button");
  event.preventDefault();
  if (button.getAttribute("aria-busy") === "true") return;
  problem.hidden = true;
  try {
    field.value = JSON.stringify(await answer(form));
    form.submit();
  } catch (error) {
    problem.hidden = false;
    problem.firstElementChild.textContent = words[error.name] ?? error.message;
    field.value = "";
    button.removeAttribute("aria-busy");
  }
}

// The back button brings the page out of the cache with the answer in it: that was used.
addEventListener("pageshow", () => { for (const form of all("[data-passkey]")) form.elements.credential.value = ""; });

if (globalThis.PublicKeyCredential) {
  for (const form of all("[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", send);
  }
  for (const note of all("[data-no-passkeys]")) note.hidden = true;
}
