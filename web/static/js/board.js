// The board: what is fetched now instead of after the first pause.
async function fetchNow(part) {
  const response = await fetch(part.dataset.live, { headers: { "X-Live": "1", Accept: "text/html" }, credentials: "same-origin" });
  if (response.ok) part.innerHTML = await response.text(); // our own server's escaped fragment
}

document.querySelectorAll("[data-now]").forEach((part) => fetchNow(part).catch(() => {}));
