-- What each country likes best, through the view.
WITH by_genre AS (
  SELECT country, genre, round(sum(amount), 2) AS amount FROM sales WHERE invoice_date >= '2022-01-01' GROUP BY country, genre
), best AS (
  SELECT country, max(amount) AS amount FROM by_genre GROUP BY country
)
SELECT country, group_concat(genre, ', ') AS favourite, amount FROM by_genre JOIN best USING (country, amount)
GROUP BY country, amount ORDER BY amount DESC, country;
