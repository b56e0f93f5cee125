package sqlrite

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// openMode has the numbers of SqlriteOpenMode.
type openMode int

const (
	openCreate    openMode = 0
	openReadWrite openMode = 1
	openReadOnly  openMode = 2
)

// config is what a data source name says.
type config struct {
	path               string
	mode               openMode
	busyTimeoutMs      int
	begin              string // the statement that begins a transaction
	location           *time.Location
	queryOnly          bool
	statementCacheSize int
	pragmas            []string // run on every new connection, in this order
}

const (
	busyTimeoutDefaultMs      = 5000
	statementCacheSizeDefault = 32
)

// parameter is one setting of a connection that a PRAGMA makes.
type parameter struct {
	names  []string // what it may be called
	pragma string
	values []string // what it may be, in lower case; nil: a number
}

var (
	switches = []string{"0", "no", "false", "off", "1", "yes", "true", "on"}

	// In the order in which the PRAGMAs run: auto_vacuum has to come before the first table.
	parameters = []parameter{
		{[]string{"_auto_vacuum", "_vacuum"}, "auto_vacuum", []string{"0", "none", "1", "full", "2", "incremental"}},
		{[]string{"_case_sensitive_like", "_cslike"}, "case_sensitive_like", switches},
		{[]string{"_defer_foreign_keys", "_defer_fk"}, "defer_foreign_keys", switches},
		{[]string{"_foreign_keys", "_fk"}, "foreign_keys", switches},
		{[]string{"_ignore_check_constraints"}, "ignore_check_constraints", switches},
		{[]string{"_journal_mode", "_journal"}, "journal_mode", []string{"delete", "truncate", "persist", "memory", "wal", "off"}},
		{[]string{"_locking_mode", "_locking"}, "locking_mode", []string{"normal", "exclusive"}},
		{[]string{"_query_only"}, "query_only", switches},
		{[]string{"_recursive_triggers", "_rt"}, "recursive_triggers", switches},
		{[]string{"_secure_delete"}, "secure_delete", append([]string{"fast"}, switches...)},
		{[]string{"_synchronous", "_sync"}, "synchronous", []string{"0", "off", "1", "normal", "2", "full", "3", "extra"}},
		{[]string{"_writable_schema"}, "writable_schema", switches},
		{[]string{"_cache_size"}, "cache_size", nil},
	}

	transactionKinds = map[string]string{
		"": "BEGIN", "deferred": "BEGIN", "immediate": "BEGIN IMMEDIATE", "exclusive": "BEGIN EXCLUSIVE",
	}
)

func wrongValue(name, value, wanted string) error {
	return misuse("open", "%s=%s: expected %s", name, value, wanted)
}

// parseName reads a data source name: a path or a file: URI, with parameters behind a question mark.
func parseName(name string) (*config, error) {
	c := &config{path: name, busyTimeoutMs: busyTimeoutDefaultMs, begin: "BEGIN", statementCacheSize: statementCacheSizeDefault}
	uri := strings.HasPrefix(name, "file:")
	query := ""
	if at := strings.IndexByte(name, '?'); at >= 1 {
		c.path, query = name[:at], name[at+1:]
		query, _, _ = strings.Cut(query, "#")
	}
	if uri {
		path, err := uriPath(strings.TrimPrefix(c.path, "file:"))
		if err != nil {
			return nil, err
		}
		c.path = path
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, misuse("open", "parameters %q: %v", query, err)
	}
	if err := c.setAccess(values); err != nil {
		return nil, err
	}
	if err := c.setOwn(values); err != nil {
		return nil, err
	}
	if err := c.setPragmas(values); err != nil {
		return nil, err
	}
	for key := range values {
		if strings.HasPrefix(key, "_") {
			return nil, misuse("open", "unknown parameter %s", key)
		}
	}
	return c, nil
}

// uriPath is the file that a URI without "file:" and parameters names.
func uriPath(rest string) (string, error) {
	rest, _, _ = strings.Cut(rest, "#")
	if strings.HasPrefix(rest, "//") {
		authority, path, found := strings.Cut(rest[2:], "/")
		if authority != "" && authority != "localhost" {
			return "", misuse("open", "the URI names the host %q: only files of this machine can be opened", authority)
		}
		rest = ""
		if found {
			rest = "/" + path
		}
	}
	path, err := url.PathUnescape(rest)
	if err != nil {
		return "", misuse("open", "path %q: %v", rest, err)
	}
	return path, nil
}

// take removes a parameter that may have several names; the last one given counts.
func take(values url.Values, names ...string) (name, value string, found bool) {
	for _, n := range names {
		if list, ok := values[n]; ok {
			name, value, found = n, list[len(list)-1], true
			delete(values, n)
		}
	}
	return name, value, found
}

// setAccess reads the parameters of SQLite's URIs.
func (c *config) setAccess(values url.Values) error {
	if name, value, found := take(values, "mode"); found {
		switch value {
		case "ro":
			c.mode = openReadOnly
		case "rw":
			c.mode = openReadWrite
		case "rwc":
		case "memory":
			c.path = ":memory:"
		default:
			return wrongValue(name, value, "ro, rw, rwc or memory")
		}
	}
	if _, value, found := take(values, "immutable"); found && isOn(value) {
		c.mode = openReadOnly
	}
	if name, value, found := take(values, "cache"); found {
		switch value {
		case "private":
		case "shared":
			if c.path == ":memory:" {
				return wrongValue(name, value, "private for a database in memory: each connection has its own; "+
					"keep to one with SetMaxOpenConns(1), or use a file")
			}
			// Connections to one file share its pages in any case.
		default:
			return wrongValue(name, value, "shared or private")
		}
	}
	if _, value, found := take(values, "vfs"); found {
		return misuse("open", "vfs=%s: other file systems cannot be chosen", value)
	}
	return nil
}

// setOwn reads the parameters that are no PRAGMA.
func (c *config) setOwn(values url.Values) error {
	if name, value, found := take(values, "_busy_timeout", "_timeout"); found {
		timeout, err := strconv.ParseInt(value, 10, 32)
		if err != nil || timeout < 0 {
			return wrongValue(name, value, "milliseconds")
		}
		c.busyTimeoutMs = int(timeout)
	}
	if name, value, found := take(values, "_txlock"); found {
		begin, known := transactionKinds[strings.ToLower(value)]
		if !known {
			return wrongValue(name, value, "deferred, immediate or exclusive")
		}
		c.begin = begin
	}
	if name, value, found := take(values, "_loc"); found {
		c.location = time.Local
		if value != "auto" {
			location, err := time.LoadLocation(value)
			if err != nil {
				return wrongValue(name, value, "auto or a time zone: "+err.Error())
			}
			c.location = location
		}
	}
	if name, value, found := take(values, "_stmt_cache_size"); found {
		size, err := strconv.ParseInt(value, 10, 32)
		if err != nil || size < 0 {
			return wrongValue(name, value, "a number of statements")
		}
		c.statementCacheSize = int(size)
	}
	if name, value, found := take(values, "_mutex"); found && value != "no" && value != "full" {
		return wrongValue(name, value, "no or full")
	}
	return nil
}

func (c *config) setPragmas(values url.Values) error {
	for _, known := range parameters {
		name, value, found := take(values, known.names...)
		if !found {
			continue
		}
		value = strings.ToLower(value)
		if known.values == nil {
			if _, err := strconv.ParseInt(value, 10, 64); err != nil {
				return wrongValue(name, value, "a number")
			}
		} else if !slices.Contains(known.values, value) {
			return wrongValue(name, value, "one of "+strings.Join(known.values, ", "))
		}
		if known.pragma == "query_only" {
			c.queryOnly = isOn(value)
		}
		c.pragmas = append(c.pragmas, fmt.Sprintf("%s = %s", known.pragma, value))
	}
	c.pragmas = append(c.pragmas, values["_pragma"]...)
	delete(values, "_pragma")
	return nil
}

func isOn(value string) bool {
	switch strings.ToLower(value) {
	case "1", "yes", "true", "on":
		return true
	}
	return false
}
