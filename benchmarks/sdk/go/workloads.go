package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand"
)

// workload is something a program does with a database. Its answer is a hash of all that was read.
type workload struct {
	name       string
	operations int
	run        func(*sql.DB) (uint64, error)
}

const (
	keyedRows = 100_000
	scanRows  = 1_000_000
	lookups   = 50_000
	inserts   = 100_000
)

func scaled(count int, scale float64) int { return max(1, int(float64(count)*scale)) }

func payload(id int) string { return fmt.Sprintf("%064x", uint64(id)*0x9E3779B97F4A7C15) }

// fill makes the tables that are read.
func fill(db *sql.DB, scale float64) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("CREATE TABLE kv(id INTEGER PRIMARY KEY, name TEXT, payload TEXT);" +
		"CREATE TABLE big(id INTEGER PRIMARY KEY, name TEXT, score REAL)"); err != nil {
		return err
	}
	insert, err := tx.Prepare("INSERT INTO kv VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	for id := 1; id <= scaled(keyedRows, scale); id++ {
		if _, err := insert.Exec(id, fmt.Sprintf("user_%d", id), payload(id)); err != nil {
			return err
		}
	}
	if _, err := tx.Exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "+
		"INSERT INTO big SELECT i, 'name of ' || i, i * 0.5 FROM n", scaled(scanRows, scale)); err != nil {
		return err
	}
	return tx.Commit()
}

func workloads(scale float64) []workload {
	keys := rand.New(rand.NewSource(42)).Perm(scaled(keyedRows, scale))
	probes := make([]int, scaled(lookups, scale))
	for i := range probes {
		probes[i] = keys[i%len(keys)] + 1
	}
	rows := scaled(scanRows, scale)
	insertCount := scaled(inserts, scale)
	return []workload{
		{"QueryRow by key, prepared", len(probes), func(db *sql.DB) (uint64, error) { return lookUpPrepared(db, probes) }},
		{"QueryRow by key, text", len(probes), func(db *sql.DB) (uint64, error) { return lookUp(context.Background(), db, probes) }},
		{"QueryRow by key, context", len(probes), func(db *sql.DB) (uint64, error) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			return lookUp(ctx, db, probes)
		}},
		{"scan of 1M rows, 3 columns", rows, func(db *sql.DB) (uint64, error) { return scan(db, rows) }},
		{"scan of 1M rows, integer", rows, func(db *sql.DB) (uint64, error) { return scanIntegers(db, rows) }},
		{"insert loop in a transaction", insertCount, func(db *sql.DB) (uint64, error) { return insertLoop(db, insertCount) }},
	}
}

const lookUpText = "SELECT name, payload FROM kv WHERE id = ?"

func lookUpPrepared(db *sql.DB, probes []int) (uint64, error) {
	query, err := db.Prepare(lookUpText)
	if err != nil {
		return 0, err
	}
	defer query.Close()
	hash := fnv.New64a()
	for _, id := range probes {
		var name, payload string
		if err := query.QueryRow(id).Scan(&name, &payload); err != nil {
			return 0, err
		}
		hash.Write([]byte(name))
		hash.Write([]byte(payload))
	}
	return hash.Sum64(), nil
}

func lookUp(ctx context.Context, db *sql.DB, probes []int) (uint64, error) {
	hash := fnv.New64a()
	for _, id := range probes {
		var name, payload string
		if err := db.QueryRowContext(ctx, lookUpText, id).Scan(&name, &payload); err != nil {
			return 0, err
		}
		hash.Write([]byte(name))
		hash.Write([]byte(payload))
	}
	return hash.Sum64(), nil
}

func scan(db *sql.DB, wanted int) (uint64, error) {
	rows, err := db.Query("SELECT id, name, score FROM big")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var answer uint64
	count := 0
	for rows.Next() {
		var id int64
		var name string
		var score float64
		if err := rows.Scan(&id, &name, &score); err != nil {
			return 0, err
		}
		answer = answer*31 + uint64(id) + uint64(len(name)) + uint64(name[len(name)-1]) + uint64(score*2)
		count++
	}
	return answer, errors.Join(rows.Err(), rightCount(count, wanted))
}

func scanIntegers(db *sql.DB, wanted int) (uint64, error) {
	rows, err := db.Query("SELECT id FROM big")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var answer uint64
	count := 0
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return 0, err
		}
		answer = answer*31 + uint64(id)
		count++
	}
	return answer, errors.Join(rows.Err(), rightCount(count, wanted))
}

func rightCount(count, wanted int) error {
	if count != wanted {
		return fmt.Errorf("%d rows, not %d", count, wanted)
	}
	return nil
}

// insertLoop fills an empty table and reads it back, within one transaction each time.
func insertLoop(db *sql.DB, count int) (uint64, error) {
	if _, err := db.Exec("DROP TABLE IF EXISTS fresh; CREATE TABLE fresh(id INTEGER PRIMARY KEY, name TEXT, payload TEXT)"); err != nil {
		return 0, err
	}
	tx, err := db.Begin()
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	insert, err := tx.Prepare("INSERT INTO fresh(name, payload) VALUES (?, ?)")
	if err != nil {
		return 0, err
	}
	defer insert.Close()
	var answer uint64
	for i := 0; i < count; i++ {
		done, err := insert.Exec("some name", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
		if err != nil {
			return 0, err
		}
		id, err := done.LastInsertId()
		if err != nil {
			return 0, err
		}
		answer = answer*31 + uint64(id)
	}
	if err := tx.Commit(); err != nil {
		return 0, err
	}
	var sum int64
	if err := db.QueryRow("SELECT sum(id + length(name) + length(payload)) FROM fresh").Scan(&sum); err != nil {
		return 0, err
	}
	return answer + uint64(sum), nil
}
