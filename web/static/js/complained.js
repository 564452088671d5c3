// Whom it is about: the unit is asked for where one is complained about, and a word is said where it is the centre.
const part = (id) => document.getElementById(id);

part("statement").addEventListener("change", (event) => {
  if (event.target.name !== "conflict") return;
  part("about-centre").hidden = event.target.value !== "centre";
  part("about-unit").hidden = !["unit", "staff"].includes(event.target.value);
});
