// Both languages side by side, as in the pages: t("中文", "English", {n: 3}).
export const language = document.documentElement.lang.startsWith("en") ? "en" : "zh";

export function t(zh, en, params = {}) {
  const text = language === "en" ? en : zh;
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in params ? String(params[name]) : place));
}
