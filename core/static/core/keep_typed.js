"use strict";
{
  const { login } = document.currentScript.dataset;
  const form = document.querySelector("#content-main > form, #changelist-form");
  const SIGNED_OUT = `You are signed out: nothing was saved yet.
    <a href="${login}" target="_blank">Sign in in a new tab</a>, then save again here.`;
  const NO_ANSWER = "The server gives no answer: nothing was saved yet. Try again in a moment.";
  const PATIENCE = 20_000; // milliseconds
  let isAsking = false, isAsked = false;

  // A form that is sent after its session has ended is answered with the sign-in page, and what was
  // typed is gone. So its page is asked for first; that has the token of a new sign-in, too.
  form.addEventListener("submit", async (event) => {
    if (isAsked) return;
    event.preventDefault();
    if (isAsking) return;
    isAsking = true;
    const obstacle = await ask().catch(() => NO_ANSWER);
    isAsking = false;
    if (obstacle) tell(obstacle);
    else send(event.submitter);
  });

  async function ask() {
    const signal = AbortSignal.timeout(PATIENCE);
    const page = await fetch(location.href, { cache: "no-store", signal });
    if (page.status >= 500) return NO_ANSWER;
    if (new URL(page.url).pathname === login) return SIGNED_OUT;
    const found = new DOMParser().parseFromString(await page.text(), "text/html");
    const token = found.querySelector("[name=csrfmiddlewaretoken]"); // the same in each form
    if (token) form.elements.csrfmiddlewaretoken.value = token.value;
  }

  function send(submitter) {
    isAsked = true;
    form.requestSubmit(submitter);
    isAsked = false;
  }

  function tell(obstacle) {
    document.getElementById("not-sent")?.remove();
    const note = `<p class="errornote" id="not-sent" role="alert" tabindex="-1">${obstacle}</p>`;
    form.insertAdjacentHTML("afterbegin", note);
    document.getElementById("not-sent").focus();
  }
}
