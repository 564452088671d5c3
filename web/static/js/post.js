// Talking to the house: JSON there and back, with the form token, failures in people's words.
import { t } from "./words.js";

export class Problem extends Error {
  constructor(status, body) {
    super(body.title || t("没有成功", "That did not work"));
    this.status = status;
    this.detail = body.detail || "";
    this.fields = body.fields || {};
  }
}

export function token() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

// Signed in again elsewhere: this page's token is out of date, and a fresh one comes with any page.
export async function renewToken() {
  const response = await fetch(location.pathname, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector('meta[name="csrf-token"]')?.content;
  if (fresh) document.querySelector('meta[name="csrf-token"]').content = fresh;
}

async function answer(response) {
  const type = response.headers.get("Content-Type") || "";
  const body = type.includes("json") ? await response.json() : {};
  if (!response.ok) throw new Problem(response.status, body);
  return body;
}

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
  } catch {
    throw new Problem(0, { title: t("连接断开，内容仍在本页", "The connection is lost; nothing typed is lost") });
  }
  return answer(response);
}

export function get(url) {
  return ask(url, { headers: { Accept: "application/json" } });
}

export function post(url, body = {}, options = {}) {
  return ask(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
    body: JSON.stringify(body),
    ...options,
  });
}
