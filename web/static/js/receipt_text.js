// The receipt by text: one button beside a receipt just given, for a caller who agrees to it.
import { post, Problem } from "./post.js";

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-receipt-text]");
  if (!button) return;
  button.disabled = true;
  const says = document.getElementById("receipt-text-says");
  try {
    says.textContent = (await post("/callers/receipt/", { receipt: button.dataset.receiptText })).words;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    says.textContent = [problem.message, problem.detail].filter(Boolean).join(" ");
    button.disabled = false;
  }
});
