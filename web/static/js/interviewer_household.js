// Who is asked in a household: when the adult chosen by birthday is not to be had now, the talk ends in another way.
// The same codes as survey/household.py.
const SELECTIONS = ["household_last", "household_next"];
const ENDS = { 3: "appointment", 4: "refusal" };

// What an answer to the choosing question at `name` leads to: "appointment", "refusal", or null to go on.
export function awaits(name, answers) {
  return SELECTIONS.includes(name) ? ENDS[answers[name]] ?? null : null;
}
