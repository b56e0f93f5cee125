// SQLRite in Go: open a file, insert in a transaction, query with parameters, see an error, roll back, open read-only.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/joaoh82/rust_sqlite/sdk/go"
)

type book struct {
	title  string
	pages  int64
	rating any
}

var books = []book{{"Dune", 412, 4.5}, {"Emma", 474, nil}, {"Ulysses", 730, 3.75}}

// must ends the program when a call that has to go well did not.
func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func insertBooks(db *sql.DB) {
	tx := must(db.BeginTx(context.Background(), nil))
	insert := must(tx.Prepare("INSERT INTO book(title, pages, rating) VALUES (?, ?, ?)"))
	var last sql.Result
	for _, b := range books {
		last = must(insert.Exec(b.title, b.pages, b.rating))
	}
	if err := tx.Commit(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("inserted 3 books, the last one has id %d\n", must(last.LastInsertId()))
}

func printLongBooks(db *sql.DB) {
	const query = "SELECT id, title, pages, rating FROM book WHERE pages > :pages ORDER BY title"
	rows := must(db.Query(query, sql.Named("pages", 420)))
	defer rows.Close()
	for rows.Next() {
		var id, pages int64
		var title string
		var rating sql.NullFloat64
		if err := rows.Scan(&id, &title, &pages, &rating); err != nil {
			log.Fatal(err)
		}
		rated := "not rated"
		if rating.Valid {
			rated = fmt.Sprintf("rated %.2f", rating.Float64)
		}
		fmt.Printf("%d %s: %d pages, %s\n", id, title, pages, rated)
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
}

func number(db *sql.DB, query string) (n int64) {
	if err := db.QueryRow(query).Scan(&n); err != nil {
		log.Fatal(err)
	}
	return n
}

// message is what SQLite says of an error; Error() tells what was being done, too.
func message(err error) string {
	var failure *sqlrite.Error
	if errors.As(err, &failure) {
		return failure.Message
	}
	return err.Error()
}

func change(path string) {
	db := must(sql.Open("sqlrite", path))
	defer db.Close()
	must(db.Exec("CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, pages INTEGER, rating REAL)"))
	insertBooks(db)
	printLongBooks(db)

	result := must(db.Exec("UPDATE book SET rating = ? WHERE title = ?", 4.25, "Emma"))
	fmt.Printf("changed %d book\n", must(result.RowsAffected()))

	if _, err := db.Exec("INSERT INTO book(title) VALUES (?)", "Dune"); err != nil {
		fmt.Printf("refused: %s\n", message(err))
	}

	tx := must(db.Begin())
	must(tx.Exec("DELETE FROM book"))
	if err := tx.Rollback(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("after a rollback: %d books\n", number(db, "SELECT count(*) FROM book"))
}

func look(path string) {
	db := sqlrite.OpenReadOnly(path)
	defer db.Close()
	fmt.Printf("read-only: %d pages in all\n", number(db, "SELECT sum(pages) FROM book"))
	if _, err := db.Exec("DELETE FROM book"); err != nil {
		fmt.Printf("read-only: %s\n", message(err))
	}
}

func main() {
	path := "quickstart.db"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	change(path)
	look(path)
}
