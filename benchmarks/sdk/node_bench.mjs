// The Node.js package against better-sqlite3, in one process: the same program on both, alternating, medians of CPU time.
//
//   node node_bench.mjs [--rounds N] [--rows N] [--json FILE]
//
// The package is the installed one when SQLRITE_PACKAGE names its folder, else that of this repository as sdk/nodejs/build.sh
// left it; better-sqlite3 comes from sdk/nodejs/node_modules (sdk/nodejs/test.sh compiles it). Answers are compared first and
// in every round; a difference ends the program.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const sdk = fileURLToPath(new URL('../../sdk/nodejs/', import.meta.url));
const require = createRequire(path.join(sdk, 'index.js'));
const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, rows: { type: 'string', default: '1000000' }, json: { type: 'string' } },
});
const ROUNDS = Number(options.rounds);
const ROWS = Number(options.rows);
const POINTS = 200_000;
const INSERTS = 200_000;

// xorshift32, so that both libraries see the same keys in every run.
function randomKeys(count, max) {
  let state = 0x9e3779b9;
  return Array.from({ length: count }, () => {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
    return ((state >>> 0) % max) + 1;
  });
}

const keys = randomKeys(POINTS, ROWS);
const names = randomKeys(INSERTS, 1_000_000).map((key) => `name-${key}`);

// Each workload: `run` gives an answer that both libraries must agree on.
const workloads = [
  {
    name: 'point get', unit: 'gets', count: POINTS,
    run({ get }) {
      let sum = 0;
      for (const key of keys) {
        const row = get.get(key);
        sum += row.id + row.name.length + row.value;
      }
      return sum;
    },
  },
  {
    name: 'all() of the table', unit: 'rows', count: ROWS,
    run({ select }) {
      const rows = select.all();
      const last = rows[rows.length - 1];
      return `${rows.length} ${last.id} ${last.name} ${last.value}`;
    },
  },
  {
    name: 'iterate the table', unit: 'rows', count: ROWS,
    run({ select }) {
      let sum = 0;
      for (const row of select.iterate()) sum += row.id + row.name.length + row.value;
      return sum;
    },
  },
  {
    name: 'insert loop in a transaction', unit: 'rows', count: INSERTS,
    prepare({ db }) { db.exec('DELETE FROM target'); },
    run({ insertAll, total }) {
      insertAll(names);
      return JSON.stringify(total.get());
    },
  },
];

function open(Database, file) {
  const db = new Database(file);
  db.pragma('journal_mode = wal');
  db.pragma('synchronous = normal');
  db.pragma('cache_size = -200000');
  db.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, value REAL);
    CREATE TABLE target (id INTEGER PRIMARY KEY, name TEXT, value REAL);`);
  const fill = db.prepare('INSERT INTO people (name, value) VALUES (?, ?)');
  db.transaction(() => {
    for (let i = 1; i <= ROWS; ++i) fill.run(`person number ${i}`, i + 0.25);
  })();
  const insert = db.prepare('INSERT INTO target (name, value) VALUES (?, ?)');
  return {
    db,
    get: db.prepare('SELECT id, name, value FROM people WHERE id = ?'),
    select: db.prepare('SELECT id, name, value FROM people'),
    total: db.prepare('SELECT count(*) AS n, max(id) AS last, sum(value) AS sum, max(name) AS name FROM target'),
    insertAll: db.transaction((list) => {
      for (let i = 0; i < list.length; ++i) insert.run(list[i], i);
    }),
  };
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// CPU time of the process, garbage collection on other threads included.
function timed(workload, library) {
  workload.prepare?.(library.state);
  globalThis.gc?.();
  const before = process.cpuUsage();
  const answer = workload.run(library.state);
  const { user, system } = process.cpuUsage(before);
  return { answer, seconds: (user + system) / 1e6 };
}

function measure(workload, libraries) {
  const seconds = libraries.map(() => []);
  for (let round = -1; round < ROUNDS; ++round) {
    // Who goes first changes from round to round.
    const order = libraries.map((_, i) => (round % 2 === 0 ? i : libraries.length - 1 - i));
    const answers = [];
    for (const i of order) {
      const result = timed(workload, libraries[i]);
      answers[i] = result.answer;
      if (round >= 0) seconds[i].push(result.seconds);   // the first round warms up
    }
    if (answers[0] !== answers[1]) {
      throw new Error(`${workload.name}: answers differ: ${answers[0]} and ${answers[1]}`);
    }
  }
  const [ours, theirs] = seconds.map(median);
  return {
    name: workload.name, unit: workload.unit, count: workload.count,
    sqlrite_seconds: ours, peer_seconds: theirs, ratio: theirs / ours,
  };
}

function print(results, libraries) {
  const [ours, theirs] = libraries.map(({ name, version }) => `${name} ${version}`);
  console.log(`Node.js ${process.version}: ${ours} against ${theirs}, medians of ${ROUNDS} rounds, CPU time`);
  console.log(`${'workload'.padEnd(30)}${'ns, ours'.padStart(12)}${'ns, theirs'.padStart(12)}${'times faster'.padStart(14)}`);
  for (const { name, count, sqlrite_seconds: mine, peer_seconds: peer, ratio } of results) {
    const perItem = (seconds) => ((seconds / count) * 1e9).toFixed(0).padStart(12);
    console.log(`${name.padEnd(30)}${perItem(mine)}${perItem(peer)}${ratio.toFixed(2).padStart(14)}`);
  }
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlrite-node-bench-'));
try {
  const ours = process.env.SQLRITE_PACKAGE ?? sdk;
  const libraries = [
    { name: 'sqlrite', Database: require(ours), version: require(path.join(ours, 'package.json')).version },
    { name: 'better-sqlite3', Database: require('better-sqlite3'), version: require('better-sqlite3/package.json').version },
  ];
  for (const library of libraries) library.state = open(library.Database, path.join(folder, `${library.name}.db`));
  const results = workloads.map((workload) => measure(workload, libraries));
  print(results, libraries);
  if (options.json !== undefined) {
    fs.writeFileSync(options.json, `${JSON.stringify({ node: process.version, peer: `better-sqlite3 ${libraries[1].version}`, rounds: ROUNDS, results }, null, 2)}\n`);
  }
  for (const { state } of libraries) state.db.close();
} finally {
  fs.rmSync(folder, { recursive: true });
}
