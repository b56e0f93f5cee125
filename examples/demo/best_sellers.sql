-- The artists that earned most, over five tables.
SELECT ar.name AS artist, ar.country, count(DISTINCT al.album_id) AS albums, sum(l.quantity) AS sold, round(sum(l.quantity * l.unit_price), 2) AS earned
FROM artists ar
  JOIN albums al ON al.artist_id = ar.artist_id
  JOIN tracks t ON t.album_id = al.album_id
  JOIN invoice_lines l ON l.track_id = t.track_id
GROUP BY ar.artist_id HAVING sold > 100
ORDER BY earned DESC, ar.artist_id LIMIT 8;
