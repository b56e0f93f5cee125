-- A music store: 7 tables, some 18,000 rows, the same ones on every run.
PRAGMA journal_mode = DELETE;
BEGIN;

CREATE TABLE genres (genre_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE artists (artist_id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, founded INTEGER);
CREATE TABLE albums (
  album_id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  artist_id INTEGER NOT NULL REFERENCES artists,
  released DATE NOT NULL
);
CREATE TABLE tracks (
  track_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  album_id INTEGER NOT NULL REFERENCES albums,
  genre_id INTEGER NOT NULL REFERENCES genres,
  milliseconds INTEGER NOT NULL,
  unit_price NUMERIC(10, 2) NOT NULL CHECK (unit_price > 0)
);
CREATE TABLE customers (
  customer_id INTEGER PRIMARY KEY AUTOINCREMENT,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  city TEXT NOT NULL,
  country TEXT NOT NULL,
  photo BLOB
);
CREATE TABLE invoices (
  invoice_id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers,
  invoice_date DATE NOT NULL,
  total NUMERIC(10, 2) NOT NULL DEFAULT 0
);
CREATE TABLE invoice_lines (
  invoice_id INTEGER NOT NULL REFERENCES invoices,
  line INTEGER NOT NULL,
  track_id INTEGER NOT NULL REFERENCES tracks,
  quantity INTEGER NOT NULL,
  unit_price NUMERIC(10, 2) NOT NULL,
  PRIMARY KEY (invoice_id, line)
) WITHOUT ROWID;

INSERT INTO genres(name) VALUES ('Rock'), ('Jazz'), ('Metal'), ('Classical'), ('Reggae'), ('Blues'), ('Pop'), ('Electronica'), ('Bossa Nova'), ('Folk');

CREATE TEMP TABLE words (number INTEGER PRIMARY KEY, adjective TEXT, noun TEXT, first_name TEXT, last_name TEXT, city TEXT, country TEXT);
INSERT INTO words VALUES
  (0, 'Silent', 'Harbour', 'Ada', 'Nguyen', 'Oslo', 'Norway'),
  (1, 'Golden', 'Rivers', 'Björn', 'Silva', 'São Paulo', 'Brazil'),
  (2, 'Electric', 'Foxes', 'Chloé', 'Müller', 'Berlin', 'Germany'),
  (3, 'Broken', 'Lanterns', 'Dmitri', 'O''Brien', 'Dublin', 'Ireland'),
  (4, 'Midnight', 'Orchard', 'Elena', 'Rossi', 'Milano', 'Italy'),
  (5, 'Paper', 'Tigers', 'Farid', 'Haddad', 'Montréal', 'Canada'),
  (6, 'Northern', 'Lights', 'Grace', 'Okafor', 'Lagos', 'Nigeria'),
  (7, 'Hollow', 'Mountains', 'Hiroshi', 'Tanaka', '東京', 'Japan'),
  (8, 'Velvet', 'Machines', 'Inés', 'García', 'Sevilla', 'Spain'),
  (9, 'Wandering', 'Stars', 'Jakub', 'Nowak', 'Kraków', 'Poland'),
  (10, 'Crimson', 'Letters', 'Kavya', 'Sharma', 'Pune', 'India'),
  (11, 'Frozen', 'Summers', 'Léa', 'Dubois', 'Lyon', 'France'),
  (12, 'Invisible', 'Gardens', 'Mateo', 'Fernández', 'Rosario', 'Argentina');

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 160)
INSERT INTO artists SELECT i, 'The ' || a.adjective || ' ' || b.noun, c.country, CASE WHEN i % 11 = 0 THEN NULL ELSE 1958 + i * 37 % 60 END
  FROM n JOIN words a ON a.number = i % 13 JOIN words b ON b.number = i / 13 JOIN words c ON c.number = i * 7 % 13;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 420)
INSERT INTO albums SELECT i, b.noun || ' of the ' || a.adjective || ' ' || c.noun, 1 + i * 53 % 160, date('1975-01-01', '+' || (i * 41) || ' days')
  FROM n JOIN words a ON a.number = i * 5 % 13 JOIN words b ON b.number = i / 13 % 13 JOIN words c ON c.number = i % 13;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4200)
INSERT INTO tracks SELECT i, a.adjective || ' ' || b.noun || CASE WHEN i % 17 = 0 THEN ' (live)' ELSE '' END, 1 + (i - 1) / 10,
    1 + (i / 10) * 7 % 10, 95000 + i * 7919 % 420000, CASE WHEN i % 9 = 0 THEN 1.99 ELSE 0.99 END
  FROM n JOIN words a ON a.number = i * 11 % 13 JOIN words b ON b.number = i / 7 % 13;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
INSERT INTO customers SELECT i, a.first_name, b.last_name, 'customer' || i || '@example.com', c.city, c.country,
    CASE WHEN i % 10 = 0 THEN zeroblob(600 + i * 13) END
  FROM n JOIN words a ON a.number = i % 13 JOIN words b ON b.number = i / 13 % 13 JOIN words c ON c.number = i * 3 % 13;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2900)
INSERT INTO invoices(invoice_id, customer_id, invoice_date)
  SELECT i, 1 + (i * i % 7919 + i * 97) % 300, date('2021-01-01', '+' || (i * 5 / 8 + i * i % 23) || ' days') FROM n;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10200)
INSERT INTO invoice_lines SELECT 1 + i % 2900, 1 + i / 2900, t.track_id, 1 + i * i % 7, t.unit_price
  FROM n JOIN tracks t ON t.track_id = 1 + (i * i % 9973 * 31 + i * i % 71) % 4200;

UPDATE invoices SET total = (SELECT round(sum(quantity * unit_price), 2) FROM invoice_lines l WHERE l.invoice_id = invoices.invoice_id);

CREATE INDEX albums_by_artist ON albums(artist_id);
CREATE INDEX tracks_by_album ON tracks(album_id);
CREATE INDEX invoices_by_customer ON invoices(customer_id, invoice_date);
CREATE INDEX lines_by_track ON invoice_lines(track_id);
CREATE INDEX expensive_invoices ON invoices(total) WHERE total > 15;
CREATE VIEW sales AS
  SELECT i.invoice_date, c.country, t.name AS track, g.name AS genre, l.quantity * l.unit_price AS amount
  FROM invoice_lines l JOIN invoices i USING (invoice_id) JOIN customers c USING (customer_id)
  JOIN tracks t USING (track_id) JOIN genres g USING (genre_id);

DROP TABLE words;
COMMIT;
