{
// A listing is whole without this. With it: dates in the reader's own time, filter, arrow keys, and what is selected.
// There may be no list, where files are only taken.
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const list = $('#list');
const bar = $('.bar');
const filter = Object.assign(document.createElement('input'), {type: 'search', placeholder: 'Filter', title: 'Press / to come here'});
const told = document.createElement('output');
const all = Object.assign(document.createElement('input'), {type: 'checkbox'});
let rows = [];

function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** 1234 as 1.2 kB, as the server writes it. */
function rounded(octets) {
  let unit = 0;
  for (; octets >= 1000 && unit < 5; unit++) octets /= 1000;
  return (unit && octets < 10 ? (Math.floor(octets * 10) / 10).toFixed(1) : Math.floor(octets)) + ' ' + ['B', 'kB', 'MB', 'GB', 'TB', 'PB'][unit];
}

const linkOf = (row) => $('th a', row);
const boxOf = (row) => $('[name=only]', row);
const octetsOf = (row) => Number($('data', row)?.value ?? 0);
const shown = () => rows.filter((row) => !row.hidden);

/** Takes the rows as they are in the page now. */
function read() {
  rows = $$('tbody tr', list);
  localize($$('time', list));
  filter.value ? sift() : tell();
}

/** Dates in the reader's own time: those on top at once, the others of a long list by and by. */
function localize(times) {
  const two = (number) => String(number).padStart(2, '0');
  for (const time of times.splice(0, 1000)) {
    const date = new Date(time.dateTime);
    const text = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
    if (time.textContent !== text) time.textContent = text;
  }
  if (times.length) setTimeout(localize, 50, times);
}

/** Shows the rows whose names hold every word of the filter. */
function sift() {
  const words = filter.value.toLowerCase().split(/\s+/);
  for (const row of rows) {
    const name = linkOf(row).textContent.toLowerCase();
    const hidden = !words.every((word) => name.includes(word));
    if (row.hidden !== hidden) row.hidden = hidden;
  }
  tell();
}

function tell() {
  const boxes = rows.map(boxOf).filter(Boolean);
  const chosen = rows.filter((row) => boxOf(row)?.checked);
  const entries = rows.filter((row) => row.className !== 'up');
  all.checked = chosen.length > 0 && chosen.length === boxes.length;
  all.indeterminate = chosen.length > 0 && !all.checked;
  const parts = [];
  if (filter.value) parts.push(`${entries.filter((row) => !row.hidden).length} of ${entries.length} shown`);
  if (chosen.length) {
    const octets = chosen.reduce((sum, row) => sum + octetsOf(row), 0);
    parts.push(`${chosen.length} selected` + (octets ? `, ${rounded(octets)}` : ''));
  }
  told.textContent = parts.join(' · ');
}

/** Moves from row to row; from the filter into the first. */
function step(event) {
  const links = shown().map(linkOf);
  const here = links.indexOf(document.activeElement.closest?.('tr') && linkOf(document.activeElement.closest('tr')));
  const next = {ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1}[event.key];
  if (here < 0 && event.key !== 'ArrowDown') return;
  event.preventDefault();
  (links[next] ?? (next < 0 ? filter : links.at(-1)))?.focus();
}

filter.setAttribute('aria-label', 'Filter by name');
bar?.prepend(filter, told);
filter.addEventListener('input', sift);
filter.addEventListener('keydown', (event) => {
  const found = shown().filter((row) => row.className !== 'up');
  if (event.key === 'Enter') {
    event.preventDefault();
    if (filter.value && found.length) linkOf(found[0]).click();
  }
  if (event.key === 'Escape') {
    filter.value = '';
    sift();
  }
});

let last;
list?.addEventListener('click', ({target, shiftKey}) => {
  if (target.name !== 'only') return;
  const visible = shown().map(boxOf).filter(Boolean);
  if (shiftKey && visible.includes(last)) {
    const [first, end] = [visible.indexOf(last), visible.indexOf(target)].sort((a, b) => a - b);
    visible.slice(first, end + 1).forEach((box) => { box.checked = target.checked; });
  }
  last = target;
  tell();
});
const corner = list && $('thead td', list);
if (corner) {
  all.setAttribute('aria-label', 'Select all');
  corner.append(all);
  all.addEventListener('change', () => {
    shown().map(boxOf).filter(Boolean).forEach((box) => { box.checked = all.checked; });
    tell();
  });
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || $('dialog[open]')) return;
  const typing = event.target.matches('input:not([type=checkbox])');
  if (event.key === '/' && !typing) {
    event.preventDefault();
    filter.focus();
  } else if (event.key === 'ArrowDown' || (!typing && ['ArrowUp', 'Home', 'End'].includes(event.key))) {
    step(event);
  }
});
if (list) {
  addEventListener('pageshow', tell);
  read();
}

window.listing = {$, $$, make, rounded, linkOf, read, rows: () => rows};
}
