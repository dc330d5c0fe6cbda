// Command evidence checks an evidence file of tocsin: a second verifier, written from docs/wire-format.md and
// docs/evidence.md alone, that shares no code with the first and uses no Avro library.
//
//	evidence ROOT_DIGEST FILE
//
// It prints the checklist as JSON. It exits with 0 if no step failed, 6 if one did, 4 if the file is no evidence file
// (and then prints why on standard error), 2 if it was not asked well. What policy decided is not its business.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

const (
	exitUsage      = 2
	exitNoEvidence = 4
	exitFailed     = 6
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(arguments []string, out, problems io.Writer) int {
	if len(arguments) != 2 || !isHexDigest(arguments[0]) {
		fmt.Fprintln(problems, "usage: evidence ROOT_DIGEST FILE")
		return exitUsage
	}
	raw, err := read(arguments[1])
	if err != nil {
		fmt.Fprintln(problems, err)
		return exitNoEvidence
	}
	found, err := openEvidence(raw)
	if err != nil {
		fmt.Fprintln(problems, "no evidence file:", err)
		return exitNoEvidence
	}
	var trusted digest
	if _, err := hex.Decode(trusted[:], []byte(arguments[0])); err != nil {
		fmt.Fprintln(problems, err)
		return exitUsage
	}
	list := checklist(found, trusted)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(list); err != nil {
		fmt.Fprintln(problems, err)
		return exitUsage
	}
	for _, one := range list {
		if one.Outcome == failed {
			return exitFailed
		}
	}
	return 0
}

// read returns a file, or of a larger one as much as shows that it is too large.
func read(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxFileBytes+1))
}
