package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	passed     = "passed"
	failed     = "failed"
	notChecked = "not-checked"
)

// How long after the end of a key's validity the log may see a message of it first, in microseconds.
const disputedAfter = int64(14 * 24 * time.Hour / time.Microsecond)

// A step is a line of the checklist.
type step struct {
	Step    string `json:"step"`
	Outcome string `json:"outcome"`
	Says    string `json:"says"`
}

// An evidenceCase is an evidence file and what its steps share.
type evidenceCase struct {
	evidence
	trusted      digest
	messages     []*held
	count        map[stream]int64 // DIRECTORY messages in the file
	directory    *directory
	directoryErr error
	place        place
	placeErr     error
}

// errNotChecked wraps why a step cannot be done that did not fail either.
type errNotChecked struct{ error }

// checklist goes through all steps; one whose need did not pass is not checked.
func checklist(found evidence, trusted digest) []step {
	c := &evidenceCase{evidence: found, trusted: trusted}
	c.directoryErr = c.foldDirectory()
	if c.directoryErr == nil {
		c.place, c.placeErr = c.logged(entryFile, proofFile, found.message)
	}
	rules := []struct {
		name, needs string
		check       func() (string, error)
	}{
		{"container", "", c.checkContainer},
		{"root", "", c.checkRoot},
		{"directory", "root", c.checkDirectory},
		{"signers", "directory", c.checkSigners},
		{"signatures", "directory", c.checkSignatures},
		{"bodies", "", c.checkBodies},
		{"sections", "", c.checkSections},
		{"log", "directory", c.checkLog},
		{"witnesses", "log", c.checkWitnesses},
		{"decision", "", c.checkDecision},
	}
	outcomes := map[string]string{"": passed}
	var list []step
	for _, rule := range rules {
		one := step{rule.name, notChecked, "it rests on the step " + rule.needs}
		if outcomes[rule.needs] == passed {
			one = done(rule.name, rule.check)
		}
		outcomes[rule.name] = one.Outcome
		list = append(list, one)
	}
	return list
}

func done(name string, check func() (string, error)) step {
	says, err := check()
	var without errNotChecked
	switch {
	case errors.As(err, &without):
		return step{name, notChecked, err.Error()}
	case err != nil:
		return step{name, failed, err.Error()}
	}
	return step{name, passed, says}
}

// foldDirectory reads the DIRECTORY messages in the file; a file has to be called after what is in it.
func (c *evidenceCase) foldDirectory() error {
	c.count = map[stream]int64{}
	for _, name := range sortedKeys(c.files) {
		if !strings.HasPrefix(name, "directory/") {
			continue
		}
		found, err := parseMessage(c.files[name])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		expected := fmt.Sprintf("directory/%s-%08d.bin", strings.ReplaceAll(found.stream.String(), "/", "_"), found.sequence)
		if name != expected {
			return fmt.Errorf("%s holds %s", name, found.name())
		}
		c.count[found.stream]++
		if one, err := hold(found, c.message.federation); err == nil {
			c.messages = append(c.messages, one)
		}
	}
	c.directory = foldDirectory(c.messages, c.message.federation, c.trusted)
	if c.directory.root.entry == nil {
		return errors.Join(append([]error{errors.New("the root record that is trusted is not there")}, c.says()...)...)
	}
	return nil
}

// says returns what is wrong with messages of the directory.
func (c *evidenceCase) says() []error {
	var found []error
	for _, one := range slices.Concat(c.directory.root.findings, c.directory.findings) {
		found = append(found, errors.New(one.String()))
	}
	return found
}

func (c *evidenceCase) checkContainer() (string, error) {
	return fmt.Sprintf("%d files, each the one that evidence.json names", len(c.files)), nil
}

func (c *evidenceCase) checkRoot() (string, error) {
	if c.manifest.RootDigest != c.trusted.String() {
		return "", errors.New("the file rests on another root than the one that is trusted")
	}
	if c.directoryErr != nil {
		return "", c.directoryErr
	}
	return fmt.Sprintf("the first root record is trusted, the newest is version %d", c.directory.root.entry.version), nil
}

// checkDirectory checks that every DIRECTORY message has its place in its stream.
func (c *evidenceCase) checkDirectory() (string, error) {
	for in, count := range c.count {
		if placed := c.directory.heads[in]; placed != count {
			return "", errors.Join(append([]error{fmt.Errorf("%d of %d messages of %s count", placed, count, in)}, c.says()...)...)
		}
	}
	return fmt.Sprintf("%d messages in %d streams, each of which holds", len(c.messages), len(c.count)), nil
}

// checkSigners checks that each key was enrolled for the stream and the time, and that its word counts.
func (c *evidenceCase) checkSigners() (string, error) {
	for _, id := range c.message.signers {
		key, there := c.directory.keys[id]
		if !there {
			return "", fmt.Errorf("key %s is not in the directory", id)
		}
		if !key.maySign(c.message.stream, c.message.issuedAt) {
			return "", fmt.Errorf("key %s of %s may not sign for %s then", id, key.owner, c.message.stream)
		}
		if key.revokedBy != nil {
			if err := c.checkRevoked(id, *key.revokedBy); err != nil {
				return "", err
			}
		}
		if c.placeErr == nil && c.place.seenAt-key.validTo > disputedAfter {
			return "", fmt.Errorf("the log saw the message long after key %s had ended", id)
		}
	}
	return "every key was enrolled for the stream and the time, and its word counts", nil
}

// checkRevoked checks that the log saw the message before it saw that the key was revoked.
func (c *evidenceCase) checkRevoked(id keyID, by revoked) error {
	name := "revocations/" + id.String()
	end, err := c.logged(name+".entry", name+".tlog-proof", by.by.message)
	if err = cmp.Or(c.placeErr, err); err != nil {
		return fmt.Errorf("key %s was revoked, and the log does not show when: %w", id, err)
	}
	if end.checkpoint != c.place.checkpoint {
		return fmt.Errorf("the revocation of key %s is proved under another checkpoint", id)
	}
	if c.place.index >= end.index {
		return fmt.Errorf("the log saw the message after the revocation of key %s", id)
	}
	back := by.entry.reachesBackTo
	if back != nil && c.place.seenAt >= *back && !c.isVouchedFor(by.entry) {
		return fmt.Errorf("the revocation of key %s reaches back to before the log saw the message", id)
	}
	return nil
}

// isVouchedFor says whether a revocation names the message as valid, or a later one of its stream.
func (c *evidenceCase) isVouchedFor(entry revocationEntry) bool {
	return slices.ContainsFunc(entry.lastValid, func(last lastValid) bool {
		same := c.message.sequence == last.sequence && c.message.digest == last.digest
		return last.stream == c.message.stream && (c.message.sequence < last.sequence || same)
	})
}

func (c *evidenceCase) checkSignatures() (string, error) {
	for place, id := range c.message.signers {
		key, there := c.directory.keys[id]
		if !there {
			return "", errNotChecked{fmt.Errorf("key %s is not in the directory", id)}
		}
		if err := c.message.checkSignature(place, key.public); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d signatures hold", len(c.message.signers)), nil
}

func (c *evidenceCase) checkBodies() (string, error) {
	count := 0
	for i, body := range c.message.bodies {
		if body == nil {
			continue
		}
		count++
		if sha256.Sum256(body) != c.message.sections[i].bodyDigest {
			return "", fmt.Errorf("the body of section %s is not the one that was signed", c.message.sections[i].name)
		}
	}
	return fmt.Sprintf("%d bodies are those that the header names", count), nil
}

// checkSections checks what was disclosed against the header's commitments. Whether the decoded text beside it says the
// same is left to those who have an Avro library.
func (c *evidenceCase) checkSections() (string, error) {
	used := map[string]bool{}
	for _, head := range c.message.sections {
		if !slices.Contains(c.manifest.Disclosed, head.name) {
			continue
		}
		said, rest, err := parseContent(c.files[sectionFile(head.name)])
		if err != nil || len(rest) > 0 {
			return "", fmt.Errorf("section %s is not salt, schema, length and so many bytes", head.name)
		}
		if said.commitment() != head.commitment {
			return "", fmt.Errorf("the header commits to another section %s", head.name)
		}
		file := "schemas/" + hex.EncodeToString(said.schema[:]) + ".avsc"
		schema, there := c.files[file]
		if !there || sha256.Sum256(schema) != said.schema {
			return "", fmt.Errorf("the schema of section %s is not there", head.name)
		}
		used[file] = true
	}
	for name := range c.files {
		if strings.HasPrefix(name, "schemas/") && !used[name] {
			return "", fmt.Errorf("%s is the schema of no section", name)
		}
	}
	return "the header commits to what was disclosed: " + strings.Join(c.manifest.Disclosed, ", "), nil
}

func (c *evidenceCase) checkLog() (string, error) {
	if c.placeErr != nil {
		return "", c.placeErr
	}
	return fmt.Sprintf("leaf %d of %d, below a checkpoint that the notary signed", c.place.index, c.place.size), nil
}

func (c *evidenceCase) checkWitnesses() (string, error) {
	quorum := c.directory.root.entry.quorum
	count := int64(len(c.place.witnesses))
	switch {
	case quorum == 0:
		return "", errNotChecked{errors.New("the network appoints no witnesses")}
	case count < quorum:
		return "", fmt.Errorf("%d of the %d witnesses that it takes cosigned", count, quorum)
	}
	return fmt.Sprintf("%d witnesses cosigned, %d are needed", count, quorum), nil
}

func (c *evidenceCase) checkDecision() (string, error) {
	return "", errNotChecked{errors.New("this program knows no policy")}
}
