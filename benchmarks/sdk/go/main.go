// Command go compares this repository's driver for database/sql with mattn/go-sqlite3, which carries stock SQLite.
//
// Each workload runs on both drivers in turn, in one process, on files of their own with equal content; the answers have
// to be equal. Shown are medians of CPU time (all threads, garbage collection included) per repetition.
//
//	go run .            a table
//	go run . -json      the same as JSON, for machines
package main

import (
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	sqlrite "github.com/joaoh82/rust_sqlite/sdk/go"
	sqlite3 "github.com/mattn/go-sqlite3"
)

// contender is one driver with its own database.
type contender struct {
	name string
	db   *sql.DB
	cpu  map[string][]float64 // seconds by workload
}

// row is one line of the result.
type row struct {
	Workload    string  `json:"workload"`
	Operations  int     `json:"operations"`
	Repetitions int     `json:"repetitions"`
	Ours        float64 `json:"sqlrite_seconds"`
	Theirs      float64 `json:"mattn_seconds"`
	Ratio       float64 `json:"ratio"`
}

type report struct {
	Language     string `json:"language"`
	Go           string `json:"go"`
	Ours         string `json:"sqlrite"`
	Theirs       string `json:"sqlite"`
	Peer         string `json:"peer"`
	Measure      string `json:"measure"`
	Workloads    []row  `json:"workloads"`
	AnswersEqual bool   `json:"answers_equal"`
}

func main() {
	asJSON := flag.Bool("json", false, "print JSON")
	repetitions := flag.Int("repetitions", 7, "how often each workload runs on each driver")
	scale := flag.Float64("scale", 1, "size of the workloads, 1 is what results are quoted for")
	flag.Parse()
	result, err := compare(*repetitions, *scale)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if *asJSON {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(result); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	fmt.Printf("%s, sqlrite %s, %s with SQLite %s; medians of CPU seconds, %d repetitions\n\n", result.Go, result.Ours, result.Peer, result.Theirs, *repetitions)
	fmt.Printf("%-28s %12s %12s %12s %8s\n", "workload", "operations", "sqlrite", "mattn", "ratio")
	for _, r := range result.Workloads {
		fmt.Printf("%-28s %12d %12.4f %12.4f %7.2fx\n", r.Workload, r.Operations, r.Ours, r.Theirs, r.Ratio)
	}
}

func compare(repetitions int, scale float64) (*report, error) {
	folder, err := os.MkdirTemp("", "sqlrite-go-benchmark")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	contenders := []*contender{{name: sqlrite.DriverName}, {name: "sqlite3"}}
	for _, c := range contenders {
		c.cpu = map[string][]float64{}
		c.db, err = sql.Open(c.name, filepath.Join(folder, c.name+".db")+"?_journal_mode=WAL&_synchronous=NORMAL")
		if err != nil {
			return nil, err
		}
		defer c.db.Close()
		if err := fill(c.db, scale); err != nil {
			return nil, fmt.Errorf("%s: filling: %w", c.name, err)
		}
	}
	version, _, _ := sqlite3.Version()
	result := &report{
		Language: "go", Go: runtime.Version(), Ours: sqlrite.LibraryVersion(), Theirs: version, Peer: "mattn/go-sqlite3",
		Measure: "median of CPU seconds per repetition", AnswersEqual: true,
	}
	for _, w := range workloads(scale) {
		for i := 0; i <= repetitions; i++ { // the first one warms up
			answers := make([]uint64, len(contenders))
			for k := range contenders {
				c := contenders[(k+i)%len(contenders)]
				answer, seconds, err := measure(c.db, w.run)
				if err != nil {
					return nil, fmt.Errorf("%s: %s: %w", c.name, w.name, err)
				}
				answers[(k+i)%len(contenders)] = answer
				if i > 0 {
					c.cpu[w.name] = append(c.cpu[w.name], seconds)
				}
			}
			if answers[0] != answers[1] {
				return nil, fmt.Errorf("%s: the drivers disagree: %x and %x", w.name, answers[0], answers[1])
			}
		}
		ours, theirs := median(contenders[0].cpu[w.name]), median(contenders[1].cpu[w.name])
		result.Workloads = append(result.Workloads, row{w.name, w.operations, repetitions, ours, theirs, theirs / ours})
	}
	return result, nil
}

// measure runs a workload once. Garbage of the one before is none of its business.
func measure(db *sql.DB, run func(*sql.DB) (uint64, error)) (answer uint64, seconds float64, err error) {
	runtime.GC()
	before := cpuSeconds()
	answer, err = run(db)
	return answer, cpuSeconds() - before, err
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // it cannot fail for the process itself
	}
	return (time.Duration(usage.Utime.Nano()) + time.Duration(usage.Stime.Nano())).Seconds()
}

func median(numbers []float64) float64 {
	sorted := slices.Sorted(slices.Values(numbers))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}
