-- What the change must have left behind.
SELECT 'jazz tracks', count(*), min(unit_price), max(unit_price) FROM tracks JOIN genres USING (genre_id) WHERE genres.name = 'Jazz';
SELECT 'new customer', customer_id, first_name || ' ' || last_name, city, total FROM customers JOIN invoices USING (customer_id) WHERE email = 'zoe@example.com';
SELECT 'new invoice lines', group_concat(track_id), sum(quantity) FROM invoice_lines WHERE invoice_id = 90001;
SELECT 'invoices', count(*), min(invoice_date) FROM invoices;
SELECT 'invoice lines', count(*), sum(quantity) FROM invoice_lines;
SELECT 'artists', count(*) FROM artists;
SELECT 'expensive invoices', count(*) FROM invoices WHERE total > 15;
SELECT 'next customer', seq + 1 FROM sqlite_sequence WHERE name = 'customers';
