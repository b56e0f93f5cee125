-- A price rise, a new customer with an invoice, a clean-up; and a change that is taken back.
BEGIN;
UPDATE tracks SET unit_price = round(unit_price * 1.1, 2) WHERE genre_id = (SELECT genre_id FROM genres WHERE name = 'Jazz');
INSERT INTO customers(first_name, last_name, email, city, country) VALUES ('Zoë', 'Ångström', 'zoe@example.com', 'Uppsala', 'Sweden');
INSERT INTO invoices(invoice_id, customer_id, invoice_date) SELECT 90001, customer_id, '2026-02-03' FROM customers WHERE email = 'ZOE@example.com';
INSERT INTO invoice_lines SELECT 90001, row, track_id, 1, unit_price FROM (SELECT 1 AS row, 12 AS id UNION ALL SELECT 2, 2100 UNION ALL SELECT 3, 4200) JOIN tracks ON track_id = id;
UPDATE invoices SET total = (SELECT sum(quantity * unit_price) FROM invoice_lines WHERE invoice_id = 90001) WHERE invoice_id = 90001;
SAVEPOINT mistake;
DELETE FROM artists;
ROLLBACK TO mistake;
DELETE FROM invoice_lines WHERE invoice_id IN (SELECT invoice_id FROM invoices WHERE invoice_date < '2021-02-01');
DELETE FROM invoices WHERE invoice_date < '2021-02-01';
COMMIT;
