package sqlrite

import "strings"

// statement is a compiled statement of one connection. It is in one of three hands: waiting in the connection's cache,
// at rest in a Stmt, or busy under open Rows.
type statement struct {
	handle         statementHandle
	text           string // as given to Prepare, Exec or Query: the key of the cache
	rest           string // what follows the statement in that text; with a rest it is not cached
	parameterCount int
	names          []string // of parameters by number - 1, with their prefixes; nil when none has a name
	columns        []column
	columnNames    []string
	generation     int  // the chunk generation that columns belong to
	described      bool // columns are known
	busy           bool // rows are being read
	orphaned       bool // its Stmt was closed while rows were being read
	boundLarge     bool // arguments of the latest run need much memory
	newer, older   *statement
}

// describe learns the columns of the rows in a chunk, again when the schema has changed since.
func (s *statement) describe(rows *chunk) {
	if s.described && s.generation == rows.generation {
		return
	}
	s.columns = columnsOf(s.handle)
	s.columnNames = make([]string, len(s.columns))
	for i := range s.columns {
		s.columnNames[i] = s.columns[i].name
	}
	s.generation = rows.generation
	s.described = true
}

// statementCache keeps statements that nobody uses, by their text, the one used longest ago first out.
type statementCache struct {
	limit          int
	byText         map[string]*statement
	newest, oldest *statement
}

// take removes a statement from the cache; nil when there is none of that text.
func (c *statementCache) take(text string) *statement {
	s := c.byText[text]
	if s != nil {
		c.remove(s)
	}
	return s
}

// put gives a statement at rest to the cache. What has to leave for it is finalized.
func (c *statementCache) put(s *statement) {
	if c.limit == 0 || c.byText[s.text] != nil {
		finalizeHandle(s.handle)
		return
	}
	if c.byText == nil {
		c.byText = make(map[string]*statement, c.limit)
	}
	if len(c.byText) == c.limit {
		last := c.oldest
		c.remove(last)
		finalizeHandle(last.handle)
	}
	s.older = c.newest
	if c.newest != nil {
		c.newest.newer = s
	} else {
		c.oldest = s
	}
	c.newest = s
	c.byText[s.text] = s
}

func (c *statementCache) remove(s *statement) {
	delete(c.byText, s.text)
	if s.newer != nil {
		s.newer.older = s.older
	} else {
		c.newest = s.older
	}
	if s.older != nil {
		s.older.newer = s.newer
	} else {
		c.oldest = s.newer
	}
	s.newer, s.older = nil, nil
}

func (c *statementCache) clear() {
	for s := c.newest; s != nil; s = s.older {
		finalizeHandle(s.handle)
	}
	*c = statementCache{limit: c.limit}
}

// prepare compiles the first statement of a text that holds one; nil when there is none.
func (c *conn) prepare(text string) (*statement, error) {
	if s := c.cache.take(text); s != nil {
		return s, nil
	}
	handle, used, status := prepareHandle(c.handle, text)
	if status != StatusOK {
		return nil, failure(c.handle, "prepare", status)
	}
	if handle == nil {
		return nil, nil
	}
	s := &statement{handle: handle, text: text, rest: strings.TrimLeft(text[used:], " \t\r\n\f;")}
	if strings.IndexByte(s.rest, 0) == 0 {
		s.rest = "" // a NUL byte ends the text
	}
	s.parameterCount, s.names = parameterNames(handle)
	return s, nil
}

// release takes a statement back that is at rest.
func (c *conn) release(s *statement) {
	if s.boundLarge {
		clearHandle(s.handle)
		s.boundLarge = false
	}
	if s.rest != "" || c.closed {
		// Its text stands for more than this statement.
		finalizeHandle(s.handle)
		return
	}
	c.cache.put(s)
}
