// Migrations by user_version, then orders with joins, aggregates, views, a function of the application and savepoints.
const migrations = [
  `CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, cents INTEGER NOT NULL CHECK (cents >= 0));
   CREATE TABLE purchase (id INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL, day TEXT NOT NULL);`,
  `CREATE TABLE line (purchase INTEGER NOT NULL, product INTEGER NOT NULL, count INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (purchase, product)) WITHOUT ROWID;
   CREATE VIEW total AS SELECT purchase.id AS id, customer, sum(cents * count) AS cents
     FROM purchase JOIN line ON line.purchase = purchase.id JOIN product ON product.id = line.product GROUP BY purchase.id;`,
  'ALTER TABLE product ADD COLUMN stock INTEGER NOT NULL DEFAULT 10;',
];

export default function run(Database, file, print) {
  const db = new Database(file);
  db.transaction(() => {
    for (let version = db.pragma('user_version', { simple: true }); version < migrations.length; ++version) db.exec(migrations[version]);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
  db.function('money', { deterministic: true }, (cents) => `${(cents / 100).toFixed(2)} EUR`);
  db.aggregate('names', { start: () => [], step: (list, name) => { list.push(name); }, result: (list) => list.sort().join(' + ') });

  const addProduct = db.prepare('INSERT INTO product (name, cents) VALUES (?, ?)');
  const ids = Object.fromEntries([['pen', 120], ['ink', 499], ['paper', 250]].map(([name, cents]) => [name, addProduct.run(name, cents).lastInsertRowid]));
  const addPurchase = db.prepare('INSERT INTO purchase (customer, day) VALUES (:customer, :day)');
  const addLine = db.prepare('INSERT INTO line VALUES ($purchase, $product, $count)');
  const take = db.prepare('UPDATE product SET stock = stock - :count WHERE id = :product AND stock >= :count');
  const buy = db.transaction((customer, day, items) => {
    const purchase = addPurchase.run({ customer, day }).lastInsertRowid;
    for (const [name, count] of Object.entries(items)) {
      addLine.run({ purchase, product: ids[name], count });
      if (take.run({ product: ids[name], count }).changes === 0) throw new Error(`not enough ${name}`);
    }
    return purchase;
  });
  print(buy('Ada', '2024-01-05', { pen: 2, paper: 1 }), buy('Bob', '2024-01-06', { ink: 9 }));
  for (const [customer, items] of [['Eve', { pen: 1, ink: 5 }], ['Eve', { pen: 3 }]]) {
    try { print(buy(customer, '2024-02-01', items)); } catch (error) { print(error.message, db.inTransaction); }
  }
  print(db.prepare('SELECT *, money(cents) AS price FROM total ORDER BY cents DESC').all());
  print(db.prepare(`SELECT customer, names(product.name) AS names, sum(count) AS pieces FROM purchase
    JOIN line ON purchase.id = line.purchase JOIN product ON product.id = line.product GROUP BY customer HAVING pieces > 2 ORDER BY 1`).all());
  print(db.prepare('SELECT p.name, l.count FROM product p LEFT JOIN line l ON l.product = p.id ORDER BY p.name, l.purchase').expand().all());
  for (const sql of ['INSERT INTO product (name, cents) VALUES (\'pen\', 1)', 'INSERT INTO product (name, cents) VALUES (\'x\', -1)', 'INSERT INTO product (name) VALUES (NULL)']) {
    try { db.exec(sql); } catch (error) { print(error.name, error.code, error.message); }
  }
  print(db.prepare('SELECT strftime(\'%Y-%m\', day) AS month, count(*) AS n FROM purchase GROUP BY month').all());
  db.close();
}
