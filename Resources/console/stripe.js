// Has Stripe draw its form, confirms the payment, and brings the browser back with what our server then asks about.
(() => {
  const form = document.getElementById("stripe");
  if (!form || !window.Stripe) return;
  const say = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  const stripe = window.Stripe(form.dataset.key);
  const elements = stripe.elements({ clientSecret: form.dataset.secret });
  elements.create("payment").mount(form.querySelector("div"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const back = new URL("../billing", location.href.replace(/\/pay$/, ""));
    const result = await stripe.confirmPayment({
      elements, redirect: "if_required", confirmParams: { return_url: back.href },
    });
    if (!result.error) return form.submit();
    say.textContent = result.error.message;
    button.disabled = false;
  });
})();
