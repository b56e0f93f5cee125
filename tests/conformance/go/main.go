// Command conformance runs the conformance scenarios through database/sql and the driver sqlrite.
//
//	go run . [-only TEXT] [-show] SCENARIO-FOLDER
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// scenario is one entry of a scenario file; README.md beside the scenarios describes all of it.
type scenario struct {
	Name  string   `json:"name"`
	Only  []string `json:"only"`
	Steps []step   `json:"steps"`
}

func (s *scenario) isForGo() bool {
	return len(s.Only) == 0 || slices.Contains(s.Only, "go") || slices.Contains(s.Only, "host")
}

// runScenario runs the steps in an empty folder of their own.
func runScenario(s *scenario, shows bool) error {
	folder, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	r := newRun(folder)
	defer r.close()
	for i := range s.Steps {
		answer, err := r.take(&s.Steps[i])
		if shows {
			fmt.Printf("  %s\n    %s\n", s.Steps[i].brief(), answer.brief(err))
		}
		var mismatch *mismatchError
		if !errors.As(err, &mismatch) {
			err = s.Steps[i].check(answer, err)
		}
		if err != nil {
			return fmt.Errorf("step %d %s: %w", i+1, s.Steps[i].brief(), err)
		}
	}
	return nil
}

func load(path string) ([]scenario, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Scenarios []scenario `json:"scenarios"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return file.Scenarios, nil
}

func main() {
	only := flag.String("only", "", "run scenarios whose name contains this")
	shows := flag.Bool("show", false, "print what comes out of each step")
	flag.Parse()
	paths, _ := filepath.Glob(filepath.Join(flag.Arg(0), "*.json"))
	passed, failed := 0, 0
	for _, path := range paths {
		scenarios, err := load(path)
		if err != nil {
			fmt.Println(err)
			failed++
		}
		for i := range scenarios {
			topic := filepath.Base(path[:len(path)-len(".json")])
			name := topic + ": " + scenarios[i].Name
			if !scenarios[i].isForGo() || !contains(name, *only) {
				continue
			}
			if *shows {
				fmt.Println(name)
			}
			if err := runScenario(&scenarios[i], *shows); err != nil {
				failed++
				fmt.Printf("FAILED %s\n  %v\n", name, err)
			} else {
				passed++
			}
		}
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}
