'use strict';
// Backup into a file, some pages per turn of the event loop, so that the program goes on meanwhile.
const fs = require('fs');
const path = require('path');
const native = require('./native');
const { header, REMAINING_PAGES, TOTAL_PAGES } = require('./frame');

const DEFAULT_PAGES = 100;
const PAGES_MAX = 0x7fffffff;

function checkArguments(filename, options) {
  if (typeof filename !== 'string') throw new TypeError('Expected first argument to be a string');
  if (typeof options !== 'object') throw new TypeError('Expected second argument to be an options object');
  filename = filename.trim();
  const attached = 'attached' in options ? options.attached : 'main';
  const progress = 'progress' in options ? options.progress ?? null : null;
  if (filename === '') throw new TypeError('Backup filename cannot be an empty string');
  if (filename === ':memory:') throw new TypeError('Invalid backup filename ":memory:"');
  if (typeof attached !== 'string') throw new TypeError('Expected the "attached" option to be a string');
  if (attached === '') throw new TypeError('The "attached" option cannot be an empty string');
  if (progress !== null && typeof progress !== 'function') {
    throw new TypeError('Expected the "progress" option to be a function');
  }
  return { filename, attached, progress };
}

const exists = (file) => fs.promises.access(file).then(() => true, () => false);

// What `progress` answers: how many pages come next; undefined: as many as before.
function nextPages(answer, pages) {
  if (answer === undefined) return pages;
  if (typeof answer !== 'number' || Number.isNaN(answer)) {
    throw new TypeError('Expected progress callback to return a number or undefined');
  }
  return Math.max(0, Math.min(PAGES_MAX, Math.round(answer)));
}

const turn = () => new Promise((resolve) => { setImmediate(resolve); });

async function copyPages(number, progress) {
  let pages = 0;  // the first step only finds out how many there are
  let isFirst = true;
  for (;;) {
    await turn();
    native.backupStep(number, pages);
    const state = { totalPages: header[TOTAL_PAGES], remainingPages: header[REMAINING_PAGES] };
    if (state.remainingPages === 0) return state;
    if (isFirst) pages = DEFAULT_PAGES;
    isFirst = false;
    if (progress !== null) pages = nextPages(progress(state), pages);
  }
}

async function backup(database, session, requireIdle, filenameGiven, options) {
  const { filename, attached, progress } = checkArguments(filenameGiven, options ?? {});
  if (!(await exists(path.dirname(filename)))) {
    throw new TypeError('Cannot save backup because the directory does not exist');
  }
  const isNew = !(await exists(filename));
  requireIdle(session, { iterators: false });
  // The add-on's backup lives as long as this object.
  const owner = { database };
  const number = native.backupStart(session.number, attached, filename, isNew, owner);
  try {
    return await copyPages(number, progress);
  } finally {
    native.backupClose(number, owner);
  }
}

module.exports = { backup };
