{
// Where files may be added: by button and by dropping, with progress, and going on by itself where the connection was
// lost. The protocol is that of the IETF's draft on resumable uploads: POST makes an upload, PATCH sends, HEAD asks how far.
const {$, $$, make, rounded, linkOf, read, rows} = window.listing;
const form = $('#upload');
const AT_ONCE = 2;
const TRIES = 8;
const MEANING = {
  401: 'You are not signed in. Load the page anew.',
  403: 'This place does not take it.',
  404: 'This directory is gone.',
  405: 'This place does not take it.',
  409: 'There is something of this name already.',
  413: 'Too large for this server.',
  507: 'The disk of the server is full.',
};
const waiting = [];
const transfers = [];
let busy = 0;

const meter = make('progress', {max: 1, value: 0, ariaLabel: 'All uploads'});
const heading = make('span', {role: 'status'});
const clear = make('button', {type: 'button', textContent: 'Close', onclick: tidy});
const panel = make('section', {className: 'transfers', hidden: true, ariaLabel: 'Uploads'},
  make('header', {}, heading, meter, clear), make('ul'));

/** One request; its status is 0 if the connection was lost. */
function ask(transfer, method, target, fields, content, progress) {
  return new Promise((done) => {
    const request = transfer.request = new XMLHttpRequest();
    request.open(method, target);
    Object.entries(fields).forEach(([name, value]) => request.setRequestHeader(name, value));
    if (progress) request.upload.onprogress = progress;
    request.onloadend = () => done(request);
    request.send(content);
  });
}

/** One try to send what is missing: the last answer that it got. */
async function attempt(transfer) {
  const {file, path} = transfer;
  if (!transfer.place) {
    const name = encodeURIComponent(path).replace(/['()*]/g, (c) => '%' + c.charCodeAt().toString(16));
    const made = await ask(transfer, 'POST', './', {'Upload-Complete': '?0', 'Upload-Length': String(file.size),
      'Content-Disposition': `attachment; filename*=UTF-8''${name}`});
    if (made.status !== 201) return made;
    transfer.place = made.getResponseHeader('Location');
    transfer.sent = 0;
  } else {
    const state = await ask(transfer, 'HEAD', transfer.place, {});
    if (state.status === 404) transfer.place = null;
    if (state.status !== 204 || state.getResponseHeader('Upload-Complete') === '?1') return state;
    transfer.sent = Number(state.getResponseHeader('Upload-Offset'));
  }
  const offset = transfer.sent;
  return ask(transfer, 'PATCH', transfer.place,
    {'Upload-Offset': String(offset), 'Upload-Complete': '?1', 'Content-Type': 'application/partial-upload'},
    file.slice(offset), ({loaded}) => {
      transfer.tries = 0;
      transfer.sent = Math.min(offset + loaded, file.size);
      draw(transfer);
    });
}

/** Will it go better the next time? Where the server has more or less of it than we think, or forgot all, it will. */
function isPassing(answer) {
  const {status} = answer;
  return [0, 404, 408, 503].includes(status) || (status === 409 && answer.getResponseHeader('Upload-Complete') === '?0');
}

/** Tries until it is done, refused or cancelled. */
async function send(transfer) {
  for (transfer.tries = 0; transfer.state === 'sending'; transfer.tries++) {
    say(transfer, '');
    const resumed = Boolean(transfer.place);
    const answer = await attempt(transfer);
    const {status} = answer;
    if (transfer.state !== 'sending') return;
    if (status >= 200 && status < 300) return settle(transfer, 'done', renamed(transfer, answer));
    if (!isPassing(answer) || (status === 404 && !resumed)) {
      return settle(transfer, 'failed', MEANING[status] ?? `The server could not take it (${status}).`);
    }
    if (transfer.tries >= TRIES) return settle(transfer, 'failed', 'The connection was lost.');
    say(transfer, 'Connection lost. It goes on by itself …');
    await pause(Math.min(500 * 2 ** transfer.tries, 30000));
  }
}

/** Some time, or until the network is back. */
function pause(milliseconds) {
  return new Promise((done) => {
    setTimeout(done, milliseconds);
    addEventListener('online', done, {once: true});
  });
}

/** The server may have found another name for it. */
function renamed({path}, answer) {
  const name = decodeURIComponent((answer.getResponseHeader('Content-Location') ?? '').split('/').pop());
  return name && name !== path.split('/').pop() ? `Done, as ${name}` : 'Done';
}

function settle(transfer, state, message) {
  transfer.state = state;
  say(transfer, message);
}

function say(transfer, message) {
  transfer.message = message;
  draw(transfer);
}

function draw(transfer) {
  const {item, file, sent, state, message} = transfer;
  item.className = state;
  $('progress', item).value = state === 'done' ? 1 : file.size ? sent / file.size : 0;
  $('small', item).textContent = message || `${rounded(sent)} of ${rounded(file.size)}`;
  const [button, word] = [$('button', item), {failed: 'Retry', cancelled: 'Retry', done: ''}[state] ?? 'Cancel'];
  button.hidden = !word;
  button.textContent = word;
  button.ariaLabel = `${word} ${transfer.path}`;
  summarise();
}

function summarise() {
  const live = transfers.filter(({state}) => state !== 'cancelled');
  const whole = live.reduce((sum, {file}) => sum + file.size, 0);
  const sent = live.reduce((sum, {file, state, sent}) => sum + (state === 'done' ? file.size : sent), 0);
  const done = live.filter(({state}) => state === 'done').length;
  const failed = live.filter(({state}) => state === 'failed').length;
  meter.value = whole ? sent / whole : done / (live.length || 1);
  const text = `${done} of ${live.length} uploaded` + (failed ? `, ${failed} failed` : '');
  if (heading.textContent !== text) heading.textContent = text;
  clear.hidden = busy > 0 || waiting.length > 0;
}

function add(file, path) {
  const item = make('li', {}, make('span', {textContent: path}), make('progress', {max: 1, ariaLabel: path}),
    make('button', {type: 'button'}), make('small'));
  const transfer = {file, path, item, sent: 0, state: 'waiting', message: 'Waiting'};
  $('button', item).onclick = () => (transfer.state === 'failed' || transfer.state === 'cancelled' ? queue : cancel)(transfer);
  $('ul', panel).append(item);
  transfers.push(transfer);
  panel.hidden = false;
  queue(transfer);
}

function queue(transfer) {
  settle(transfer, 'waiting', 'Waiting');
  waiting.push(transfer);
  next();
}

async function next() {
  if (busy >= AT_ONCE || !waiting.length) return;
  const transfer = waiting.shift();
  busy++;
  if (transfer.state === 'waiting') {
    transfer.state = 'sending';
    await send(transfer);
  }
  busy--;
  summarise();
  if (!busy && !waiting.length) refresh();
  next();
}

function cancel(transfer) {
  settle(transfer, 'cancelled', 'Cancelled');
  transfer.request?.abort();
  if (transfer.place) fetch(transfer.place, {method: 'DELETE'}).catch(() => {});
  Object.assign(transfer, {place: null, sent: 0});
}

function tidy() {
  transfers.splice(0).forEach(({item}) => item.remove());
  panel.hidden = true;
}

/** The rows as they are on the server now. */
async function refresh() {
  if (!$('#list')) return;
  const answer = await fetch('./' + location.search, {headers: {Accept: 'text/html'}}).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  ['tbody', 'tfoot'].forEach((part) => $('#list ' + part).replaceWith($('#list ' + part, page)));
  read();
  offerDeletion();
}

/** All files below an entry of a drop, which may be a directory; their paths begin with its name. */
async function walk(entry, before = '') {
  if (entry.isFile) return add(await new Promise((done, failed) => entry.file(done, failed)), before + entry.name);
  const reader = entry.createReader();
  for (let some; (some = await new Promise((done, failed) => reader.readEntries(done, failed))).length;) {
    for (const child of some) await walk(child, before + entry.name + '/');
  }
}

if (form) {
  const input = $('[type=file]', form);
  const pick = (folder) => () => {
    input.webkitdirectory = folder;
    input.click();
  };
  input.hidden = true;
  form.replaceChildren(make('button', {type: 'button', textContent: 'Upload files', onclick: pick(false)}),
    make('button', {type: 'button', textContent: 'Upload a folder', onclick: pick(true)}),
    make('span', {className: 'by-mouse', textContent: 'or drop them anywhere'}), input);
  form.after(panel);
  input.onchange = () => {
    [...input.files].forEach((file) => add(file, file.webkitRelativePath || file.name));
    input.value = '';
  };
  let depth = 0;
  const brings = (event) => event.dataTransfer?.types.includes('Files');
  const over = (change) => (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    depth += change;
    document.body.classList.toggle('drop', depth > 0);
  };
  addEventListener('dragenter', over(1));
  addEventListener('dragover', over(0));
  addEventListener('dragleave', over(-1));
  addEventListener('drop', (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    depth = 0;
    document.body.classList.remove('drop');
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (entries.length) entries.forEach((entry) => walk(entry).catch(() => {}));
    else [...event.dataTransfer.files].forEach((file) => add(file, file.name));
  });
  addEventListener('beforeunload', (event) => { if (busy) event.preventDefault(); });
}

/** Asks before it deletes. */
function confirmDeletion(row) {
  const name = linkOf(row).textContent;
  const dialog = make('dialog', {ariaLabel: `Delete ${name}?`}, make('p', {textContent: `Delete ${name}? There is no way back.`}),
    make('form', {method: 'dialog'}, make('button', {textContent: 'Keep', autofocus: true}),
      make('button', {textContent: 'Delete', value: 'yes', className: 'danger'})));
  document.body.append(dialog);
  dialog.onclose = async () => {
    dialog.remove();
    if (dialog.returnValue !== 'yes') return;
    const answer = await fetch(linkOf(row).href, {method: 'DELETE'}).catch(() => null);
    if (answer?.ok || answer?.status === 404) return refresh();
    $('output').textContent = `${name} could not be deleted. ` + (MEANING[answer?.status] ?? '');
  };
  dialog.showModal();
}

function offerDeletion() {
  if (!('deletes' in document.body.dataset)) return;
  for (const row of rows()) {
    const deletable = !['up', 'dir'].includes(row.className);
    row.append(make('td', {}, ...(deletable ? [make('button', {type: 'button', className: 'delete', textContent: 'Delete',
      ariaLabel: `Delete ${linkOf(row).textContent}`, onclick: () => confirmDeletion(row)})] : [])));
  }
}
if ('deletes' in document.body.dataset) {
  $('#list thead tr').append(make('td'));
  offerDeletion();
}
}
