-- Customers who bought nothing for long, with a picture of theirs if there is one.
SELECT c.first_name || ' ' || c.last_name AS customer, c.city, max(i.invoice_date) AS last_bought, length(c.photo) AS photo_bytes
FROM customers c LEFT JOIN invoices i USING (customer_id)
GROUP BY c.customer_id HAVING last_bought < '2025-12-01' OR last_bought IS NULL
ORDER BY last_bought, c.customer_id LIMIT 6;
