// Judges the porcupine.json of a run of Walnut, log by log: go run . FILE
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

type call struct {
	Log, Op                    string
	Client                     int
	Call, From, Before         int64
	Return, Offset, Start, End *int64 // nil: nobody was told
	Ids                        []int64
}

// A log that one client uses after another. States share their batches.
type state struct {
	last                *batch
	length, start, hash int64
}

type batch struct {
	before *batch
	offset int64
	ids    []int64
}

func told(value *int64, truth int64) bool { return value == nil || *value == truth }

func (s state) has(from int64, ids []int64) bool {
	if len(ids) > 0 && (from < s.start || from+int64(len(ids)) > s.length) {
		return false
	}
	for b := s.last; b != nil && b.offset+int64(len(b.ids)) > from; b = b.before {
		for i, id := range b.ids {
			at := b.offset + int64(i) - from
			if at >= 0 && at < int64(len(ids)) && ids[at] != id {
				return false
			}
		}
	}
	return true
}

func step(before, input, output interface{}) (bool, interface{}) {
	s, c := before.(state), input.(call)
	ok := true
	switch c.Op {
	case "append":
		ok = told(c.Offset, s.length)
		s.last = &batch{s.last, s.length, c.Ids}
		s.length += int64(len(c.Ids))
		for _, id := range c.Ids {
			s.hash = (s.hash ^ id) * 0x100000001b3
		}
	case "trim":
		ok = c.Before <= s.length
		if s.start < c.Before {
			s.start = c.Before
		}
		ok = ok && told(c.Start, s.start)
	default: // read, describe
		ok = s.has(c.From, c.Ids) && told(c.Start, s.start) && told(c.End, s.length)
	}
	return ok, s
}

var model = porcupine.Model{
	Init: func() interface{} { return state{} },
	Step: step,
	Equal: func(a, b interface{}) bool {
		x, y := a.(state), b.(state)
		return x.length == y.length && x.start == y.start && x.hash == y.hash
	},
}

func main() {
	file, err := os.Open(os.Args[1])
	var calls []call
	if err == nil {
		err = json.NewDecoder(file).Decode(&calls)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	logs := map[string][]porcupine.Operation{}
	for _, c := range calls {
		returned := int64(math.MaxInt64) // of unknown outcome: it may take effect until the end
		if c.Return != nil {
			returned = *c.Return
		}
		logs[c.Log] = append(logs[c.Log], porcupine.Operation{
			ClientId: c.Client, Input: c, Call: c.Call, Output: nil, Return: returned})
	}
	code := 0
	for log, history := range logs {
		result := porcupine.CheckOperationsTimeout(model, history, 5*time.Minute)
		fmt.Printf("log %q, %d calls: %s\n", log, len(history), result)
		if result != porcupine.Ok {
			code = 1
		}
	}
	os.Exit(code)
}
