-- Days of one month without any invoice: a recursive calendar against the invoices.
WITH RECURSIVE calendar(day) AS (
  SELECT '2024-02-01' UNION ALL SELECT date(day, '+1 day') FROM calendar WHERE day < '2024-02-29'
)
SELECT count(*) AS days, sum(day NOT IN (SELECT invoice_date FROM invoices)) AS quiet,
  (SELECT count(*) FROM invoices WHERE invoice_date BETWEEN '2024-02-01' AND '2024-02-29') AS invoices
FROM calendar;
